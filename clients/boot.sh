# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Boots the guest with systemd and saves what the clients report. Needs vm/common.sh and vm/qemu.sh.

guest_mem=1536
guest_append="systemd.unit=clients.target systemd.log_target=kmsg systemd.show_status=0"
guest_append+=" printk.devkmsg=on"
# Seconds until QEMU counts as dead if neither the kernel nor a client says anything.
silence_limit=600

# The clock of the guest counts instructions: a busy host does not make a program slow, and idle
# time passes at once.
tcg_options="-icount shift=1,sleep=off"

# make_guest IMAGE CLIENT...: the root file system, with the clients to run
make_guest()
{
	local image=$1 overlay=$work/overlay name
	shift

	mkdir -p "$overlay/clients" "$overlay/etc/systemd"/{system,system.conf.d}
	cp "$here/clients/guest/init" "$overlay/init"
	cp "$here"/clients/guest/clients.{target,service} "$overlay/etc/systemd/system/"
	cp "$here"/clients/guest/{lib.sh,run-all} "$hold" "$overlay/clients/"
	mv "$overlay/clients/${hold##*/}" "$overlay/clients/hold"
	[ -z "$schedulers" ] || cp "$schedulers"/* "$overlay/clients/"
	cp "$here/clients/guest/timeout.conf" "$overlay/etc/systemd/system.conf.d/"
	for name; do
		cp "$here/clients/$name" "$overlay/clients/"
		echo "$name"
	done > "$overlay/clients/names"
	append_initramfs "$root_image" "$overlay" "$image"
}

# run_guest KERNEL IMAGE INITRD CLIENT...: writes the records of the clients to $out/KERNEL.tsv.
# Fails if the machine did not run all of them.
run_guest()
{
	local name=$1 image=$2 initrd=$3 line client='' over='' end console_size
	shift 3
	local -A recorded=()

	records=$out/$name.tsv console=$out/$name.log
	{ : > "$console" && keep_records "$@" > "$records.new"; } 2> /dev/null || die "cannot write to $out; make room"
	start_qemu "$accel" 2 "$guest_mem" "$image" "$initrd" "$console" "$work/qemu.err" "$guest_append"
	heard
	while [ -z "$over" ] && [ "$SECONDS" -lt "$end" ]; do
		take_record || break
	done
	stop_qemu
	add_lost "$@"
	mv "$records.new" "$records"
	[ -n "$over" ] || [ -n "$client" ]
}

# The records of the clients that do not run now
keep_records()
{
	[ ! -e "$records" ] || awk -F'\t' -v now=" $* " '!index(now, " " $1 " ")' "$records"
}

heard()
{
	console_size=$(stat -c %s "$console")
	end=$((SECONDS + silence_limit))
}

# Reads one line of the guest: sets client, over and end. Fails when QEMU has ended.
take_record()
{
	local status=0

	IFS= read -r -t 5 -u "$results" line || status=$?
	if [ "$status" -gt 128 ]; then
		[ "$(stat -c %s "$console")" = "$console_size" ] || heard
		return 0
	fi
	[ "$status" = 0 ] || return
	heard
	line=${line%$'\r'}
	case $line in
	"client "*)
		client=${line#client } ;;
	result$'\t'* | skip$'\t'*)
		recorded[$client]=1
		printf '%s\t%s\n' "$client" "$line" >> "$records.new"
		note "$name: $client: $(tell_record "$line")" ;;
	"clients end")
		over=1 ;;
	esac
}

# tell_record LINE: for people
tell_record()
{
	local kind verdict ms fix message

	IFS=$'\t' read -r kind verdict ms fix message <<< "$1"
	case $kind in
	skip) echo "left out: $verdict" ;;
	*) echo "$verdict, $(seconds "$ms")${message:+: $message}" ;;
	esac
}

# The clients that the guest did not come to, or did not survive. They have a record only if the
# kernel has panicked.
add_lost()
{
	local one why panic

	panic=$(panic)
	for one; do
		[ -z "${recorded[$one]:-}" ] || continue
		why="the machine stopped before"
		[ "$one" != "$client" ] || why="the machine stopped in it${panic:+: $panic}"
		[ -z "$panic" ] || printf '%s\tskip\t%s\n' "$one" "$why" >> "$records.new"
		note "$name: $one: $why"
	done
}

panic()
{
	sed -n 's/.*\(Kernel panic - .*\)/\1/p' "$console" | tr -d '\r' | tail -n 1
}
