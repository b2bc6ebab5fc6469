#!/bin/bash
# Makes the users of Kafka, each with the password of its secret, and grants them their rights (kafka-rights.txt, as
# `omni topics acls` prints them). Runs in Kafka's own network, where port 9094 takes everybody and lets them do everything:
# nobody else reaches it. It only adds, and does nothing when neither passwords nor rights have changed since.
set -euo pipefail

broker=127.0.0.1:9094
tools=/opt/kafka/bin
rights=/etc/omni/kafka-rights.txt
# Beside the broker's data, so that it goes with them.
done_before=/var/lib/kafka/data/users-of-omni
# Each call of Kafka's tools starts a Java machine: so many at once.
at_once=3

wanted=$(cat "$rights" /run/secrets/kafka-* | sha256sum)
if [ "$(cat "$done_before" 2>/dev/null || true)" = "$wanted" ]; then
  echo "users and rights are there"
  exit
fi

running=()
settle() {
  local pid
  for pid in "${running[@]}"; do wait "$pid"; done
  running=()
}
call() {
  "$tools/$1" --bootstrap-server "$broker" "${@:2}" >/dev/null &
  running+=($!)
  [ ${#running[@]} -lt $at_once ] || settle
}

for secret in /run/secrets/kafka-*; do
  call kafka-configs.sh --alter --entity-type users --entity-name "omni-${secret##*/kafka-}" \
    --add-config "SCRAM-SHA-512=[password=$(<"$secret")]"
done
settle

while read -r line; do
  # What stands before says whom the tool asks, and as whom. What is left is words of a command.
  # shellcheck disable=SC2086
  call kafka-acls.sh ${line#*admin.properties }
done <"$rights"
settle

echo "$(ls /run/secrets/kafka-* | wc -l) users, $(wc -l <"$rights") rights"
echo "$wanted" >"$done_before"
