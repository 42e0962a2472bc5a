# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Time in milliseconds, because bash counts in whole numbers.

# Sets $now: a $(...) would fork a process for every line of the suite.
now()
{
	now=$(( ${EPOCHREALTIME/[.,]/} / 1000 ))
}

seconds()
{
	printf '%d.%d s' "$(($1 / 1000))" "$(($1 % 1000 / 100))"
}

# In a guest whose TSC was taken for slower than it is, which happens to an emulated one
# where this machine is busy, deadlines pass before their time.
clock_is_fast()
{
	[ "$used$stage" = tcgboot ] || return
	guest_uptime=$((10#${1/./} * 10))
	true_uptime=$((now - boot_began))
	(( guest_uptime > true_uptime + 500 ))
}
