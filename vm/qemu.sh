# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Runs QEMU with KVM or TCG, with the options that stock kernels need to run reliably. Those of
# an architecture are in vm/architectures; here are the reasons.
#
# x86-64 with TCG: with a thread per CPU, kernels crash while patching code (static keys); QEMU
# 7.2 miscompiles cmpxchg16b, which SLUB uses. no_timer_check: without it, one boot in sixteen
# panics in "IO-APIC + timer".
# arm64 with TCG and a thread per CPU: QEMU 7.2 starves RCU, and on 10.0 a kernel warned once.
# earlyprintk, earlycon: show a crash before the console is registered.

# The oldest QEMU that runs a guest reliably with a thread per CPU.
qemu_for_threads=11

# Sets qemu, the command; qemu_name, as it calls itself; and threads, multi or single: how TCG
# runs the guest's CPUs. Uses a newer QEMU where that makes them run in parallel, unless KVM
# does.
choose_qemu()
{
	local packages newer reason

	read -r qemu_name packages <<< "$(arch_field "$arch" qemu)"
	qemu=$qemu_name threads=$(arch_field "$arch" threads)
	if [ "$threads" = multi ] && ! { is_host_arch "$arch" && [ "$(kvm_works)" != no ]; } &&
			! qemu_can_thread; then
		if capture_and_log newer "$work/qemu" "no newer $qemu" "$here/fetch" qemu; then
			qemu=$newer/$qemu_name
		else
			reason=$(last_message "$work/qemu")
			threads=single
		fi
	fi
	require_tool "$qemu" "${packages%% *}"
	[ "$threads" = multi ] || qemu_can_thread || [ "$(arch_field "$arch" threads)" = single ] ||
		note "the guest's CPUs take turns: QEMU is older than $qemu_for_threads${reason:+; $reason}"
}

# Whether $qemu is new enough.
qemu_can_thread()
{
	local version

	version=$("$qemu" --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\).*/\1/p')
	[ "${version:-0}" -ge "$qemu_for_threads" ]
}

# The caller may set tcg_options to more of them.
accel_options()
{
	if [ "$1" = kvm ]; then
		echo "-accel kvm -cpu host"
	else
		echo "-accel tcg,thread=$threads -cpu $(arch_field "$arch" cpu)${tcg_options:+ $tcg_options}"
	fi
}

# x86-64: without cmpxchg16b, kmalloc_nolock() fails, and with it BPF arenas and BPF storage,
# except for caches with slab debugging enabled.
accel_append()
{
	if [ "$arch.$1" = amd64.tcg ]; then
		echo "slab_debug=F,kmalloc-cg-*"
	fi
}

# panic=-1: with -no-reboot, a panic ends QEMU at once.
base_append()
{
	echo "console=$(arch_field "$arch" console) panic=-1"
}

# The device of the results, which the guest's init opens: a second serial port or, where the
# machine has none, a console of virtio.
results_options()
{
	case $(arch_field "$arch" results) in
	hvc*)	echo "-device virtio-serial -device virtconsole,chardev=results" ;;
	*)	echo "-serial chardev:results" ;;
	esac
}

# start_qemu ACCEL CPUS MEM KERNEL INITRD CONSOLE ERRORS [APPEND]
# Appends the kernel log to CONSOLE. Sets results and requests, the file descriptors from and
# to the device of the results, and qemu_pid. The kernel kills QEMU if this shell dies.
start_qemu()
{
	local flags device
	read -ra flags <<< "$(accel_options "$1")"
	read -ra device <<< "$(results_options)"

	exec {requests}<> <(:)
	exec {results}< <(exec setpriv --pdeathsig KILL "$qemu" \
		-nodefaults -no-user-config -display none -no-reboot \
		-M "$(arch_field "$arch" machine)" "${flags[@]}" -smp "$2" -m "$3" \
		-kernel "$4" -initrd "$5" -append "$(base_append) $(accel_append "$1") ${8:-}" \
		-chardev "file,id=console,path=${6//,/,,},append=on" -serial chardev:console \
		-chardev stdio,id=results,signal=off "${device[@]}" \
		<&"$requests" 2> "$7")
	qemu_pid=$!
}

# Sets qemu_status. Does nothing if QEMU is not running.
stop_qemu()
{
	[ -n "${qemu_pid:-}" ] || return 0
	kill -KILL "$qemu_pid" 2>/dev/null || true
	reap_qemu
}

reap_qemu()
{
	qemu_status=0
	wait "$qemu_pid" 2>/dev/null || qemu_status=$?
	exec {results}<&- {requests}<&-
	qemu_pid=
}

# Only a real boot shows whether KVM runs a stock kernel here: being able to open /dev/kvm
# does not. The answer is cached until the host reboots or QEMU changes.
kvm_key()
{
	echo "$(cat /proc/sys/kernel/random/boot_id) $(readlink -f "$(command -v "$qemu")")" \
		"$(stat -c %Y "$(command -v "$qemu")")"
}

# Prints yes, no or unknown.
kvm_works()
{
	local key answer

	if [ ! -w /dev/kvm ] || ! is_host_arch "$arch"; then
		echo no
	elif read -r answer key 2>/dev/null < "$cache/kvm" && [ "$key" = "$(kvm_key)" ]; then
		echo "$answer"
	else
		echo unknown
	fi
}

save_kvm_works()
{
	local draft

	mkdir -p "$cache" && draft=$(mktemp "$cache/kvm.XXXXXX") || return 0
	{ echo "$1 $(kvm_key)" > "$draft" && mv "$draft" "$cache/kvm"; } || rm -f "$draft"
}
