# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# How QEMU is run, with KVM or without, so that stock kernels are stable in it.

qemu="qemu-system-x86_64"

# TCG: with thread=multi, kernels die while they patch code (static keys);
# QEMU 7.2 miscompiles cmpxchg16b, which SLUB uses.
accel_options()
{
	if [ "$1" = kvm ]; then
		echo "-accel kvm -cpu host"
	else
		echo "-accel tcg,thread=single -cpu max,-cx16"
	fi
}

# Without cmpxchg16b the kernel has no kmalloc_nolock(), and so no BPF arena and no
# BPF storage, but for caches that it checks.
accel_append()
{
	if [ "$1" = tcg ]; then
		echo "slab_debug=F,kmalloc-cg-*"
	fi
}

# no_timer_check: one TCG boot in sixteen panics in "IO-APIC + timer".
# panic=-1 with -no-reboot: a panic ends QEMU at once.
# earlyprintk: a kernel that dies before its console is up still says why.
base_append="console=ttyS0 earlyprintk=ttyS0,115200 no_timer_check panic=-1"

# start_qemu ACCEL CPUS MEM KERNEL INITRD CONSOLE ERRORS [APPEND]
# Results arrive on the file descriptor $results; $qemu_pid is to be waited for.
# However this shell dies, the kernel kills QEMU with it.
start_qemu()
{
	local flags
	read -ra flags <<< "$(accel_options "$1")"

	exec {results}< <(exec setpriv --pdeathsig KILL "$qemu" \
		-nodefaults -no-user-config -display none -no-reboot \
		-M pc "${flags[@]}" -smp "$2" -m "$3" \
		-kernel "$4" -initrd "$5" -append "$base_append $(accel_append "$1") ${8:-}" \
		-serial "file:$6" \
		-chardev stdio,id=results,signal=off -serial chardev:results \
		< /dev/null 2> "$7")
	qemu_pid=$!
}

# Sets qemu_status. Does nothing when no QEMU is left.
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
	exec {results}<&-
	qemu_pid=
}

# Whether KVM runs a stock kernel on this machine is learnt from real boots:
# /dev/kvm can open and still not. The answer holds until the next boot or the
# next QEMU.
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

remember_kvm()
{
	local draft

	mkdir -p "$cache" && draft=$(mktemp "$cache/kvm.XXXXXX") || return 0
	{ echo "$1 $(kvm_key)" > "$draft" && mv "$draft" "$cache/kvm"; } || rm -f "$draft"
}
