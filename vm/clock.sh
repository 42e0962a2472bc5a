# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Time in milliseconds: bash has integers only.

# Sets $now. It is called for every line of results, and $(...) would fork each time.
now()
{
	now=$(( ${EPOCHREALTIME/[.,]/} / 1000 ))
}

seconds()
{
	printf '%d.%d s' "$(($1 / 1000))" "$(($1 % 1000 / 100))"
}

# On a busy host, an emulated guest may calibrate its TSC too low. Its clock then runs fast,
# and its timeouts expire early.
clock_is_fast()
{
	[ "$used$stage" = tcgboot ] || return
	guest_uptime=$((10#${1/./} * 10))
	true_uptime=$((now - boot_began))
	(( guest_uptime > true_uptime + 500 ))
}
