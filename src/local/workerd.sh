#!/bin/sh
# Becomes workerd, with a guard beside it: workerd holds nothing that would tell it that its parent was killed.
parent=$PPID
{
  while kill -0 "$$"; do
    kill -0 "$parent" || kill -9 "$$"
    sleep 1
  done
} <&- >/dev/null 2>&1 3>&- &
exec "$WORKERD" "$@"
