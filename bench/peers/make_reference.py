"""Writes the centre crops that all peers are compared with: Pillow's, which are torchvision's on PIL
images."""

import sys

import peer_pillow
from jobs import Job

if __name__ == "__main__":
    peer_pillow.reference(Job.read(sys.argv[2]))
