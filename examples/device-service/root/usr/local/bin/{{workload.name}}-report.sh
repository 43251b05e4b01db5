#!/bin/sh
# Reports the temperature of this device every few seconds to the local Mosquitto.
# Source: {{workload.repo}}
set -eu

topic='{{values.broker.topic}}/{{workload.name}}'
host='{{host.name}}'
interval='{{values.intervalSeconds}}'
sensor=/sys/class/thermal/thermal_zone0/temp

while true; do
  millidegrees=$(cat "$sensor")
  mosquitto_pub -t "$topic" -m "{\"host\":\"$host\",\"millidegrees\":$millidegrees}"
  sleep "$interval"
done
