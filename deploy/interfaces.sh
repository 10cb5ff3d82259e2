#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What fallback-bridge and host-setup have to know of a network interface before they take it.

# The interface, and all that stands on it: VLANs, bridges, bonds.
above() {
  local upper
  echo "$1"
  for upper in "/sys/class/net/$1"/upper_*; do
    [[ ! -e $upper ]] || above "${upper##*/upper_}"
  done
}

# Whether it is the way by which this machine is reached, itself or through what stands on it.
carries_default_route() {
  local ways
  ways=$(ip -o route show table all default; ip -o -6 route show table all default)
  grep --quiet --line-regexp --fixed-strings --file=<(above "$1") <(grep --only-matching ' dev [^ ]*' <<<"$ways" | cut -d' ' -f3)
}
