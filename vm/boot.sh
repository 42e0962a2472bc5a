# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# One boot of vm/machine. Its stage is boot until init announces the suite, then suite, then off
# until QEMU ends. Each stage has a deadline.

said_accel=
declare -A suite_deadlines=()	# of each run of the suite; a run may take several boots

# Sets stage, and ended to off, dead (QEMU ended early) or late.
boot()
{
	local with=$1 boot_limit=$2

	stage=boot patience=2 runner_status='' spent='' late='' fast_clock='' asked=''
	program_limit=45	# the default of kselftest's runner
	before_block=()
	tell boot
	begin_console
	start_qemu "$with" "$cpus" "$mem" "$image" "$dir/initrd" \
		"$console_file" "$dir/qemu.err" "$append"
	now
	boot_began=$now
	deadline=$((boot_began + boot_limit * 1000))
	ended=dead
	follow
	if [ "$ended" = dead ] && [ -z "$spent" ]; then
		reap_qemu
	else
		stop_qemu
	fi
	check_room
}

# If this shell is killed, the kernel kills the reader.
follow()
{
	local line lines

	exec {lines}< <(exec setpriv --pdeathsig KILL "$reader" lines --raw --tick 0.5 <&"$results")
	while IFS= read -r -u "$lines" line; do
		case $line in
		tick)		tell tick ;;
		line$'\t'*)	take_line "${line#line$'\t'}" ;;
		*)		[ "$stage" != suite ] || take_event "$line" ;;
		esac
		now
		if [ -n "$fast_clock" ] || kvm_is_broken || { (( now > deadline )) && time_is_up; }; then
			ended=late
			break
		fi
		[ -z "$spent" ] || [ -n "$running" ] || break
	done
	exec {lines}<&-
}

# The deadline has passed. Fails if there is more time.
time_is_up()
{
	case $stage in
	boot)	is_slow && [ "$patience" -gt 0 ] || return 0
		be_patient "$boot_limit"
		return 1 ;;
	suite)	[ -z "$asked" ] || return 0
		ask_for_blocked_tasks
		return 1 ;;
	esac
}

# One boot that is given the time of three gets further than three that are cut short.
be_patient()
{
	patience=$((patience - 1))
	deadline=$((deadline + $1 * 1000))
	[ "$patience" = 1 ] || return
	note "still booting after $1 s; waiting up to $((3 * $1)) s"
}

# Has init write the stacks of all blocked tasks to the kernel log, and gives it 3 s.
ask_for_blocked_tasks()
{
	asked=1
	late=program
	[ "$now" -lt "${suite_deadlines[$run]}" ] || late=suite
	deadline=$((now + 3000))
	echo w >&"$requests"
}

# The deadline of the program that runs, or of the whole suite. The runner of a kselftest has its
# own time limit for a program, and the host gives it some seconds more.
set_suite_deadline()
{
	local of_program

	asked='' late=''
	deadline=${suite_deadlines[$run]}
	[ -n "$running" ] || return
	of_program=$((running_since + (program_limit + 5) * 1000))
	[ "$deadline" -lt "$of_program" ] || deadline=$of_program
}

# Whether the kernel has printed something recently, and not a panic.
is_slow()
{
	local since

	[ "$used$stage" = tcgboot ] && ! console_is_empty || return
	since=$((now - $(date -r "$console_file" +%s%3N)))
	(( since < boot_timeout * 500 )) && ! console_has 'Kernel panic'
}

# QEMU pauses when KVM fails.
kvm_is_broken()
{
	[ "$used$stage" = kvmboot ] && grep -q 'KVM internal error' "$dir/qemu.err" 2>/dev/null
}

take_line()
{
	case $1 in
	"vm/init: suite begins "*)
		now
		begin_suite "${1#vm/init: suite begins }" ;;
	"vm/init: suite ends "*)
		stage=off
		runner_status=${1##* }
		now
		deadline=$((now + 10000)) ;;
	"vm/init: setup failed "*)
		die_of_setup "${1##* }" ;;
	"# timeout set to "* | "# overriding timeout to "*)
		program_limit=${1##* }
		[ "$stage" != suite ] || add_line "$1" ;;
	*)	[ "$stage" != suite ] || add_line "$1" ;;
	esac
}

# begin_suite NR UPTIME: the NR-th run of this boot
begin_suite()
{
	if clock_is_fast "${1#* }"; then
		fast_clock=1
		return
	fi
	stage=suite
	run=${boot_runs[${1% *} - 1]}
	: "${suite_deadlines[$run]:=$((now + timeout * 1000))}"
	set_suite_deadline
	tell suite
}

# Without its setup the suite proves nothing.
die_of_setup()
{
	console_tail 10 | tell_details
	die "--setup $setup ended with status $1 in the guest; its output is above"
}

# take_event LINE: of "task_exit-report lines"
take_event()
{
	local -a field

	IFS=$'\t' read -r -a field <<< "$1"
	case ${field[0]} in
	plan)		[ "${field[1]}" = 0 ] || tell planned ;;
	program)	begin_block "${field[1]}:${field[2]}"
			set_suite_deadline ;;
	said)		take_said "${1#*$'\t'}" ;;
	end)		[ -z "$running" ] || end_block "" "${field[1]}"
			[ "$late" = suite ] || set_suite_deadline ;;
	esac
}

# The kernel still holds something of a test: no later test could be trusted.
take_said()
{
	case $1 in
	"kernel spent: "*)
		spent="the kernel is spent by ${1#kernel spent: }" ;;
	esac
}

# init logs the end of the suite in the kernel log first, then among the results. A panic may
# come between.
find_suite_end()
{
	local ended_with

	[ "$stage" = suite ] || return 0
	ended_with=$(console | sed -n 's/.*vm\/init: suite ends \([0-9]*\)$/\1/p' | tail -n 1)
	if [ -n "$ended_with" ]; then
		stage=off
		runner_status=$ended_with
	fi
}

# --- All boots until one reaches the suite --------------------------------------

# The first boot with KVM also probes whether KVM works on this machine. Fails if TCG
# must be used.
boot_with_kvm()
{
	local works limit=$boot_timeout

	works=$(kvm_works)
	[ "$accel$works" != autono ] || return
	if [ "$accel$works" = autounknown ] && [ "$limit" -gt 20 ]; then
		limit=20
	fi
	set_accel kvm KVM
	boot kvm "$limit"
	if [ "$stage" != boot ]; then
		save_kvm_works yes
	elif [ "$accel" = auto ]; then
		# If the error is not about KVM, TCG would fail as well.
		grep -qi kvm "$dir/qemu.err" || die_if_qemu_refused
		kvm_failed=1
		note "KVM cannot run this kernel here ($(boot_failure)); using TCG"
		return 1
	fi
}

boot_with_tcg()
{
	set_accel tcg TCG
	boot tcg "$boot_timeout"
	# It boots with TCG, so KVM was at fault.
	[ -z "$kvm_failed" ] || [ "$stage" = boot ] || save_kvm_works no
}

set_accel()
{
	used=$1
	tell used "$1"
	[ "$said_accel" = "$1" ] || note "booting $release with $2"
	said_accel=$1
}

# A boot that does not reach the suite is no result of a test.
boot_until_suite()
{
	local attempt kvm_failed=

	for attempt in 1 2 3; do
		if [ "$accel" = tcg ] || ! boot_with_kvm; then
			accel=tcg
			boot_with_tcg
		fi
		[ "$stage" = boot ] || return 0
		die_if_qemu_refused
		advice=$(boot_advice)
		[ -z "$advice" ] || return 1
		[ "$attempt" = 3 ] ||
			note "boot $attempt of 3 failed: $(boot_failure); trying again"
	done
	return 1
}

# QEMU ends with status 1 before the kernel prints anything.
die_if_qemu_refused()
{
	local reason

	[ "$ended" = dead ] && [ "$qemu_status" = 1 ] && console_is_empty || return 0
	reason=$(grep -v ': warning: ' "$dir/qemu.err" | tail -n 1)
	[ -z "$reason" ] || die "QEMU cannot start this machine: ${reason#"$qemu_name: "}"
}

out_of_memory()
{
	console_has 'deadlocked on memory|unpacking failed: write error|initramfs was not unpacked'
}

# Prints what to change, if another boot would fail in the same way.
boot_advice()
{
	if out_of_memory; then
		echo "give the machine more memory than $mem MiB: --mem 512, or MEM=512"
	elif [ "$ended" = late ] && [ -z "$fast_clock" ] && is_slow; then
		echo "it was still booting; try --boot-timeout $((4 * boot_timeout))," \
			"or fewer CPUs than $cpus"
	fi
}

boot_failure()
{
	local why

	why=$(grep -a -m 1 -oE 'vm/init: .*|Kernel panic.*|VFS: Unable .*' < <(console))
	if [ -n "$fast_clock" ]; then
		echo "its clock runs too fast, $(seconds "$guest_uptime") in $(seconds "$true_uptime")"
	elif out_of_memory; then
		echo "out of memory"
	elif [ -n "$why" ]; then
		echo "${why#vm/init: }"
	elif grep -q 'KVM internal error' "$dir/qemu.err"; then
		echo "KVM internal error"
	elif [ "$ended" = late ]; then
		echo "no suite within $(((deadline - boot_began) / 1000)) s"
	elif [ -s "$dir/qemu.err" ]; then
		tail -n 1 "$dir/qemu.err"
	else
		echo "the machine powered off"
	fi
}
