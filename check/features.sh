#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# features - no test fails because the kernel or the machine lacks a feature: the test is
# skipped, and its reason names the feature. Tests that do not need the feature run.
#
# Boots 7.3 several times, each time without the features that kernel arguments, a setup
# script or the size of the machine take away. check/suite.sh covers two more: 6.19.14 has no
# CONFIG_EXT_SUB_SCHED, and only 7.3-rt is PREEMPT_RT. No argument takes away struct_ops,
# ftrace or other options of the kernel: "make check-config" builds kernels without them.
#
# KERNEL=7.2 selects another kernel, JOBS=1 boots one machine at a time, and FEATURES=REGEX
# selects the boots by name.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
checking=features
# shellcheck source=check/expect/boots.sh
. "$here/check/expect/boots.sh"

# On every boot some tests may be skipped for these: this kernel is not PREEMPT_RT, and a
# race may not be hit on a busy machine.
always='PREEMPT_RT|too slow|too busy|nothing is proved'

boot_names=() words=() unaffected=() first_option=() all_options=()

# plan NAME WORDS PROGRAMS OPTION...: a boot with these options of vm/run. WORDS are regular
# expressions, separated by ";": each is in the reason of a skipped test, and each reason
# has one of them. No test of PROGRAMS is skipped.
plan()
{
	[[ $1 =~ ${FEATURES:-} ]] || return 0
	boot_names+=("$1")
	words+=("$2")
	unaffected+=("$3")
	first_option+=("${#all_options[@]}")
	shift 3
	all_options+=("$@")
}

# setup FILE: saves standard input as a setup script for the guest
setup()
{
	cat >"$scratch/setup.$1"
}

# begin INDEX: unless it has begun, or there is no such boot
begin()
{
	local first=${first_option[$1]:-} last=${first_option[$1 + 1]:-${#all_options[@]}}

	if [ -z "$first" ] || [ -n "${pids[$1]:-}" ]; then
		return
	fi
	"$here/vm/run" --kernel "$image" --log "$scratch/$1" \
		"${all_options[@]:first:last-first}" "$installed" \
		>"$scratch/$1.out" 2>"$scratch/$1.err" &
	pids[$1]=$!
}

# events INDEX: what vm/run's results say, one event per line
events()
{
	"$reader" lines <"$scratch/$1/results.ktap"
}

# no_failure INDEX STATUS
no_failure()
{
	events "$1" | grep -P '^(result|end)\tfail\t' && return 1
	case $2 in
	0 | 4)	;;
	*)	echo "vm/run ended with status $2:"
		tail -n 30 "$scratch/$1.err"
		return 1 ;;
	esac
}

# every_reason_names REGEX
every_reason_names()
{
	! grep -vP "^[^\t]*\t.*($1)" "$scratch/skips"
}

# some_reason_names REGEX
some_reason_names()
{
	grep -qP "^[^\t]*\t.*($1)" "$scratch/skips" || { cat "$scratch/skips"; return 1; }
}

# all_run INDEX PROGRAM: the program has tests, and skips none
all_run()
{
	events "$1" | grep -P "^result\t[a-z]*\t$2\." >"$scratch/of_program"
	grep -P '^result\t(skip|fail)\t' "$scratch/of_program" && return 1
	[ -s "$scratch/of_program" ]
}

# check_boot INDEX
check_boot()
{
	local name="features: without ${boot_names[$1]}" status word program

	wait "${pids[$1]}"
	status=$?
	if [ ! -s "$scratch/$1/results.ktap" ]; then
		not_ok "$name: boots and runs"
		details "$scratch/$1.err"
		return
	fi
	events "$1" | awk -F'\t' -v OFS='\t' '$1 == "result" && $2 == "skip" { print $3, $4 }' \
		>"$scratch/skips"
	check "$name: no test fails" no_failure "$1" "$status"
	check "$name: every skipped test names what is missing" \
		every_reason_names "${words[$1]//;/|}|$always"
	while read -r -d ';' word; do
		check "$name: a test is skipped for '$word'" some_reason_names "$word"
	done <<<"${words[$1]};"
	for program in ${unaffected[$1]}; do
		check "$name: $program skips no test" all_run "$1" "$program"
	done
}

setup pidns <<-"END"
	echo 0 >/proc/sys/user/max_pid_namespaces
	echo 3 >/proc/sys/kernel/yama/ptrace_scope
END
setup btf <<-"END"
	mount -t tmpfs none /sys/kernel/btf
END
setup hotplug <<-"END"
	online=/sys/devices/system/cpu/cpu1/online
	mount --bind $online $online
	mount -o remount,bind,ro $online
END
setup debugfs <<-"END"
	echo 0 >/sys/kernel/debug/kprobes/enabled
	umount /sys/kernel/tracing /sys/kernel/debug
END

bpf="cgroup_fork_kill cgroup_last_reference cgroup_offline $(cd "$here/sched_ext" &&
	printf 'scx_%s\n' *.c | sed '/\.bpf\.c$/d; s/\.c$//' | tr '\n' ' ')"
controllers="cgroup_accounting cgroup_controllers cgroup_drain_race cgroup_dying cgroup_offline \
	cgroup_rebind cgroup_rmdir scx_controller_toggle scx_moves scx_pairing"
holds="cgroup_accounting cgroup_controllers cgroup_drain_race cgroup_dying cgroup_freeze \
	cgroup_kill cgroup_populated cgroup_rmdir cgroup_visibility scx_controller_toggle \
	scx_exit_order scx_moves scx_pairing scx_partial scx_tid_lookup"
hotplug=scx_tid_identity.cpu_hotplug_keeps_the_tid

plan "FUSE and the process connector" "CONFIG_FUSE_FS;CONFIG_PROC_EVENTS" \
	"cgroup_dying cgroup_drain_race cgroup_populated scx_partial" \
	--append initcall_blacklist=fuse_init,cn_proc_init \
	--tests "$holds cgroup_newborn scx_init_order scx_load_race scx_tid_table scx_unload_race"
plan "pid namespaces and ptrace" "CONFIG_PID_NS;ptrace" \
	"cgroup_fork_kill scx_load_storm scx_moves" \
	--setup "$scratch/setup.pidns" \
	--tests "$holds cgroup_fork_kill cgroup_offline cgroup_rebind cgroup_release_agent
		scx_dying_scheduling scx_load_storm scx_sub scx_tid_table"
plan "BTF" "CONFIG_DEBUG_INFO_BTF" "cgroup_newborn cgroup_populated" \
	--setup "$scratch/setup.btf" --tests "$bpf cgroup_newborn cgroup_populated"
plan "BPF access to kernel memory" "lockdown=confidentiality" \
	"cgroup_fork_kill cgroup_populated scx_tid_verifier" \
	--append lockdown=confidentiality --tests "$bpf cgroup_populated"
plan "sched_ext, which isolcpus= disables" "isolcpus=;a second CPU" \
	"cgroup_populated cgroup_rmdir" \
	--append isolcpus=1 --tests "$bpf cgroup_populated cgroup_rmdir"
plan "a second CPU" "a second CPU" "cgroup_populated scx_partial scx_pairing" --cpus 1 \
	--tests "cgroup_drain_race cgroup_fork_kill cgroup_last_reference cgroup_offline cgroup_populated
		scx_dead_tasks scx_load_race scx_pairing scx_partial scx_tid_table scx_unload_race $hotplug"
plan "cgroup v1, CPU hotplug and charges for kernel memory" \
	"mounted with perf_event;mounted with misc;with a name only;CONFIG_HOTPLUG_CPU;nokmem" \
	cgroup_rmdir --setup "$scratch/setup.hotplug" \
	--append "cgroup_no_v1=all,named cgroup.memory=nokmem" \
	--tests "cgroup_accounting cgroup_newborn cgroup_rebind cgroup_rmdir $hotplug"
# The suite needs neither debugfs, tracefs nor kprobes.
plan "debugfs, tracefs, kprobes and a disposable machine" \
	"taking a CPU offline;favordynmods;oopses" \
	"cgroup_fork_kill cgroup_offline scx_load_race scx_pairing scx_unload_race" \
	--setup "$scratch/setup.debugfs" --env DISPOSABLE_MACHINE=0 \
	--tests "cgroup_fork_kill cgroup_newborn cgroup_offline scx_load_race scx_pairing scx_sub
		scx_unload_race $hotplug"
plan "the cpu and io controllers" "disables the cpu controller;disables the io controller" \
	"cgroup_dying cgroup_offline cgroup_rebind cgroup_rmdir" \
	--append cgroup_disable=cpu,io --tests "$controllers"
plan "the memory and pids controllers" \
	"disables the memory controller;disables the pids controller" \
	"cgroup_offline cgroup_rmdir scx_moves" \
	--append cgroup_disable=memory,pids --tests "$controllers"
plan "the cpuset, misc and perf_event controllers" \
	"disables the cpuset controller;mounted with misc;mounted with perf_event" \
	"cgroup_drain_race cgroup_offline cgroup_rmdir scx_pairing" \
	--append cgroup_disable=cpuset,misc,perf_event --tests "$controllers"
plan "any controller" "disables the .* controller;cannot be mounted with" \
	"cgroup_fork_kill cgroup_kill cgroup_populated cgroup_release_agent scx_tid_lookup" \
	--append cgroup_disable=cpu,cpuset,io,memory,misc,perf_event,pids \
	--tests "$controllers cgroup_fork_kill cgroup_kill cgroup_populated cgroup_release_agent
		scx_tid_lookup"

installed=$("$here/scripts/build" 2>"$scratch/log") || {
	not_ok "features: the suite builds"
	details "$scratch/log"
	exit 1
}
reader=$("$here/report/build") || exit
kernel=${KERNEL:-$(pinned 7.3 2>"$scratch/err")}
if ! image=$("$here/vm/fetch" kernel "$kernel" 2>>"$scratch/err"); then
	skip "features: all" "$(last_message "$scratch/err")"
	exit
fi
# Without KVM each machine keeps one CPU busy.
for boot in "${!boot_names[@]}"; do
	for ((ahead = 0; ahead < ${JOBS:-2}; ahead++)); do
		begin $((boot + ahead))
	done
	check_boot "$boot"
done
exit $check_failed
