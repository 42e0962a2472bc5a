# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# What the clients share in the guest. A client holds a task in its exit, runs a program against
# it and calls report or skip once, whose line the host reads.

client=${0##*/}
# Of the program that holds a task; none is held yet.
exec {order}> /dev/null
# Seconds until a program counts as hanging; without a held task each takes less than 5.
deadline=30

# Forks cost much under emulation: these polls have none. Nothing writes to the pipe.
exec {never}<> <(:)

# Sets now, in milliseconds.
now()
{
	now=$((${EPOCHREALTIME/./} / 1000))
}

# report VERDICT FIX MESSAGE: VERDICT is fine, waits, fails or hangs; FIX is the commit without
# which the program suffers so, "-" for none. Each message is one line without tabs.
report()
{
	printf 'result\t%s\t%s\t%s\t%s\n' "$1" "$ms" "$2" "${3//[$'\t\n']/ }"
}

skip()
{
	printf 'skip\t%s\n' "$*"
	exit
}

# wait_until SECONDS COMMAND...
wait_until()
{
	local now end
	now
	end=$((now + $1 * 1000))
	shift

	while ! "$@"; do
		now
		[ "$now" -lt "$end" ] || return
		read -r -t 0.2 -u "$never" || true
	done
}

# hold KIND CGROUP: holds a task there until release; sets held to its pid
hold()
{
	local said=/run/$client.held

	exec {order}> >(exec /clients/hold "$1" "/sys/fs/cgroup/$2" > "$said")
	holder=$!
	wait_until "$deadline" test -s "$said"
	held=$(cat "$said")
	[[ $held == "held "* ]] || skip "cannot hold a task: ${held:-no answer}"
	held=${held#held }
}

release()
{
	exec {order}>&-
	wait "$holder"
}

has_ended()
{
	local stat

	[ -e "/proc/$1/stat" ] && read -r stat 2> /dev/null < "/proc/$1/stat" || return 0
	[[ $stat == *") Z "* ]]
}

# measure COMMAND...: sets ms, said (its last line) and status, "hangs" if it has not ended in
# time: then it keeps running, until finish
measure()
{
	local now began

	now
	began=$now
	# With that descriptor, a program that hangs would keep the task held.
	"$@" > "/run/$client.said" 2>&1 {order}>&- &
	measured=$!
	if wait_until "$deadline" has_ended "$measured"; then
		status=0
		wait "$measured" || status=$?
	else
		status=hangs
	fi
	now
	ms=$((now - began))
	said=$(grep . "/run/$client.said" | tail -n 1)
}

# Releases the task and gives what hangs the time to end.
finish()
{
	release
	wait_until "$deadline" has_ended "$measured" || kill -KILL "$measured"
	wait "$measured" 2> /dev/null
}

# sleeps_in PID: prints the function of the kernel in which it sleeps uninterruptibly, if so
sleeps_in()
{
	local stat

	stat=$(cat "/proc/$1/stat" 2> /dev/null) || return
	[[ $stat == *") D "* ]] || return
	sed -n '1s/.* \([a-z0-9_]*\)+.*/\1/p' "/proc/$1/stack"
}

# systemd_said UNIT: the last line of systemd's log about it that is a complaint, else the last
systemd_said()
{
	dmesg | sed -n "s/.*systemd\[1\]: \($1: .*\)/\1/p" | grep -E 'timed out|[Ff]ailed|still around|busy' | tail -n 1
}

# systemctl_must COMMAND...: skips the client if this fails
systemctl_must()
{
	timeout "$deadline" systemctl "$@" 2> "/run/$client.must" ||
		skip "systemctl $*: $(tail -n 1 "/run/$client.must")"
}

# start_unit NAME: from the lines of standard input
start_unit()
{
	cat > "/run/systemd/system/$1"
	systemctl_must daemon-reload
	systemctl_must start "$1"
}

# Reports a hang, if that was measured.
report_hang()
{
	local where

	[ "$status" = hangs ] || return
	where=$(sleeps_in 1)
	if [ "$where" = cgroup_drain_dying ]; then
		report hangs 93618edf7538 "systemd, process 1, sleeps uninterruptibly in rmdir(2) ($where) and answers no request"
	else
		report hangs - "${where:+systemd, process 1, sleeps in $where; }$said"
	fi
}

# judge_stop UNIT: reports how its stop went, which was measured
judge_stop()
{
	local result

	! report_hang || return
	result=$(timeout "$deadline" systemctl show -P Result "$1")
	if [ "$status$result" = 0success ]; then
		report fine - ""
	elif grep -qx "$held" "$listed"; then
		report fails a72f73c4dd9b "$(systemd_said "$1")"
	else
		report fails - "status $status, result $result: $(systemd_said "$1")"
	fi
}

# judge_end SCOPE: reports how its end went: systemd complains if it had to wait for the timeout
judge_end()
{
	local complaint

	complaint=$(systemd_said "$1")
	if [ -n "$complaint" ]; then
		report waits - "$complaint"
	else
		report fine - ""
	fi
}

# has_tasks CGROUP: the files of a cgroup have no size
has_tasks()
{
	grep -q . "/sys/fs/cgroup/$1/cgroup.procs" 2> /dev/null
}

# Saves what cgroup.procs of a cgroup lists, now that the task is held.
list_tasks()
{
	listed=/run/$client.procs
	cat "/sys/fs/cgroup/$1/cgroup.procs" > "$listed"
}

# make_bundle: /run/bundle, a container whose root file system is this one
make_bundle()
{
	mkdir -p /run/bundle/rootfs
	mountpoint -q /run/bundle/rootfs || mount --bind / /run/bundle/rootfs
	cat > /run/bundle/config.json <<-EOT
		{
			"ociVersion": "1.0.0",
			"process": {
				"user": { "uid": 0, "gid": 0 },
				"args": [ "/usr/bin/sleep", "infinity" ],
				"env": [ "PATH=/usr/bin" ],
				"cwd": "/"
			},
			"root": { "path": "rootfs", "readonly": true },
			"mounts": [ { "destination": "/proc", "type": "proc", "source": "proc" } ],
			"linux": {
				"cgroupsPath": "/$1",
				"namespaces": [ { "type": "pid" }, { "type": "mount" } ]
			}
		}
	EOT
}

# start_container NAME: with crun, in the cgroup NAME
start_container()
{
	make_bundle "$1"
	timeout "$deadline" crun run --detach --bundle /run/bundle "$1" > "/run/$client.must" 2>&1 ||
		skip "crun run: $(tail -n 1 "/run/$client.must")"
}

# judge_crun CGROUP FIX: how crun, which was measured, has left the cgroup; FIX is the commit that
# fixes all but a sleep in rmdir(2)
judge_crun()
{
	local where why=''

	where=$(sleeps_in "$measured")
	[ ! -d "/sys/fs/cgroup/$1" ] || why="the cgroup $1 is left"
	if [ "$status$where" = hangscgroup_drain_dying ]; then
		report hangs 93618edf7538 "crun sleeps uninterruptibly in rmdir(2) ($where)"
	elif [ "$status" = hangs ]; then
		report hangs "$2" "${where:+it sleeps in $where; }$why"
	elif [ "$status" != 0 ] || [ -n "$why" ]; then
		report fails "$2" "${said:-status $status, $why}"
	else
		report fine - ""
	fi
}

# start_podman NAME: a container without network and image, whose cgroup is a scope of systemd;
# sets cgroup
start_podman()
{
	local id

	make_bundle unused
	id=$(timeout $((3 * deadline)) podman run --detach --name "$1" --network none \
		--security-opt seccomp=unconfined --security-opt apparmor=unconfined \
		--rootfs /run/bundle/rootfs sleep infinity 2> "/run/$client.must") ||
		skip "podman run: $(grep . "/run/$client.must" | tail -n 1)"
	cgroup=machine.slice/libpod-$id.scope
	[ ! -d "/sys/fs/cgroup/$cgroup/container" ] || cgroup+=/container
	has_tasks "$cgroup" || skip "podman run: no cgroup $cgroup"
}

# How podman rm, which was measured, has left the container
judge_podman()
{
	local where

	! report_hang || return
	where=$(sleeps_in "$(pgrep -o -x crun)")
	if [ "$status" = 0 ] && [ ! -d "/sys/fs/cgroup/$cgroup" ]; then
		report fine - ""
	else
		report fails - "${said:-status $status}${where:+; crun sleeps in $where}"
	fi
}

# --- BPF schedulers of the kernel tree -----------------------------------------

# make_cgroup PARENT/NAME: with the controller cpu, so that schedulers see it
make_cgroup()
{
	mkdir -p "/sys/fs/cgroup/$1"
	echo +cpu > /sys/fs/cgroup/cgroup.subtree_control
	echo +cpu > "/sys/fs/cgroup/${1%/*}/cgroup.subtree_control" || skip "no controller cpu"
}

scheduler_is()
{
	[ "$(cat /sys/kernel/sched_ext/state 2> /dev/null)" = "$1" ]
}

scheduler_is_decided()
{
	has_ended "$scheduler" || scheduler_is enabled
}

# load PROGRAM ARGUMENT...: fails if the scheduler is not enabled
load()
{
	[ -x "/clients/$1" ] || skip "$1 is not built: $(cat "/clients/$1.missing" 2> /dev/null)"
	[ -e /sys/kernel/sched_ext/state ] || skip "this kernel has no sched_ext"
	logged=$(dmesg | wc -l)
	"/clients/$1" "${@:2}" > "/run/$client.scheduler" 2>&1 {order}>&- &
	scheduler=$!
	wait_until "$deadline" scheduler_is_decided
	scheduler_is enabled
}

# must_load PROGRAM: skips the client if it cannot be loaded where no task is held
must_load()
{
	load "$1" || { unload; skip "$1 of 7.3 cannot be loaded: $ejected"; }
	unload
}

# measure_load PROGRAM: sets ms; status is 0 if the scheduler is enabled, and still is after 2 s
measure_load()
{
	local now began

	now
	began=$now
	status=0
	load "$1" || status=1
	now
	ms=$((now - began))
	sleep 2
	scheduler_is enabled || status=1
}

# Why the kernel has ejected the scheduler, else why the program has ended
ejection()
{
	{
		grep -aE 'libbpf:|SCX_BUG|EXIT' "/run/$client.scheduler" | sed -n 1p
		dmesg | tail -n +$((logged + 1)) | sed -n 's/.*sched_ext: [a-z_]*: //p' | sed 's/^[^ ]*\/tools\///'
	} | tail -n 1
}

# Ends the scheduler, if the kernel has not; sets ejected to the reason if it has.
unload()
{
	ejected=
	! has_ended "$scheduler" || ejected=$(ejection)
	kill -INT "$scheduler" 2> /dev/null
	wait_until "$deadline" has_ended "$scheduler" || kill -KILL "$scheduler"
	wait_until "$deadline" scheduler_is disabled
}

# Removes the cgroups of a client, in the background as rmdir(2) may sleep.
remove_cgroups()
{
	rmdir "${@/#//sys/fs/cgroup/}" > /dev/null 2>&1 {order}>&- &
	wait_until 3 has_ended $!
}
