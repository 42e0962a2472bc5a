# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Runs QEMU with KVM or TCG, with the options that stock kernels need to run reliably.

qemu="qemu-system-x86_64"

# TCG: with thread=multi, kernels crash while patching code (static keys); QEMU 7.2
# miscompiles cmpxchg16b, which SLUB uses.
accel_options()
{
	if [ "$1" = kvm ]; then
		echo "-accel kvm -cpu host"
	else
		echo "-accel tcg,thread=single -cpu max,-cx16"
	fi
}

# Without cmpxchg16b, kmalloc_nolock() fails, and with it BPF arenas and BPF storage, except
# for caches with slab debugging enabled.
accel_append()
{
	if [ "$1" = tcg ]; then
		echo "slab_debug=F,kmalloc-cg-*"
	fi
}

# no_timer_check: without it, one TCG boot in sixteen panics in "IO-APIC + timer".
# panic=-1: with -no-reboot, a panic ends QEMU at once.
# earlyprintk: shows a crash before the console is registered.
base_append="console=ttyS0 earlyprintk=ttyS0,115200 no_timer_check panic=-1"

# start_qemu ACCEL CPUS MEM KERNEL INITRD CONSOLE ERRORS [APPEND]
# Appends the kernel log to CONSOLE. Sets results and requests, the file descriptors from and
# to the second serial port, and qemu_pid. The kernel kills QEMU if this shell dies.
start_qemu()
{
	local flags
	read -ra flags <<< "$(accel_options "$1")"

	exec {requests}<> <(:)
	exec {results}< <(exec setpriv --pdeathsig KILL "$qemu" \
		-nodefaults -no-user-config -display none -no-reboot \
		-M pc "${flags[@]}" -smp "$2" -m "$3" \
		-kernel "$4" -initrd "$5" -append "$base_append $(accel_append "$1") ${8:-}" \
		-chardev "file,id=console,path=${6//,/,,},append=on" -serial chardev:console \
		-chardev stdio,id=results,signal=off -serial chardev:results \
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

	if [ ! -w /dev/kvm ]; then
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
