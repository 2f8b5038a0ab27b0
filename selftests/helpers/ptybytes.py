#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""How many bytes a program writes to its terminal.

Usage: ptybytes.py TERM COLUMNS LINES GAP COMMAND...

Output that comes without a pause of GAP seconds is one picture: its bytes, on a line. The
exit status is the program's.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

term, columns, lines, gap = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
pid, fd = pty.fork()
if not pid:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    os.environ["TERM"] = term
    os.execvp(sys.argv[5], sys.argv[5:])
picture = 0
while True:
    ready = select.select([fd], [], [], gap)[0]
    if not ready:
        if picture:
            print(picture, flush=True)
        picture = 0
        continue
    try:
        out = os.read(fd, 65536)
    except OSError:
        break
    if not out:
        break
    picture += len(out)
if picture:
    print(picture)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
