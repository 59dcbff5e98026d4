#!/bin/sh
# Runs a program in a root file system: in_root.sh FOLDER PROGRAM ARGUMENT... Without being root, where the kernel lets users.
root=$1
shift
if [ "$(id -u)" = 0 ]; then
    exec chroot "$root" "$@"
fi
exec unshare --map-root-user chroot "$root" "$@"
