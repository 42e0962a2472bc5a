#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# proof - the memory model agrees with what proof/ says of the kernel's handshakes, refutes the
# mutants that break one, and says so where a tree has changed or herd7 is missing.
#
# Boots nothing: this takes seconds.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
# shellcheck source=mutants/tools.sh
. "$here/mutants/tools.sh"
make_scratch
proof=$here/scripts/proof
tree=$(kernel_tree)
# An empty MUTANTS means the tree itself.
export KDIR=$tree MUTANTS='' OUT=$scratch/litmus
cgroup_c=kernel/cgroup/cgroup.c
ext_c=kernel/sched/ext/ext.c
fake=$scratch/tree

all_handshakes()
{
	find "$here/proof" -type f -name '*-*' -printf '%f\n' | sort
}

# make_fake FILE EDIT: a tree with FILE edited by sed. Fails if the edit changes nothing.
make_fake()
{
	local file

	rm -rf "$fake"
	mkdir "$fake"
	ln -s "$tree"/{include,tools} "$fake"
	for file in "$cgroup_c" "$ext_c" kernel/exit.c kernel/signal.c kernel/sched/core.c; do
		mkdir -p "$fake/$(dirname "$file")"
		ln -s "$tree/$file" "$fake/$file"
	done
	sed -Ez "$2" "$tree/$1" >"$scratch/edited"
	! cmp -s "$tree/$1" "$scratch/edited" || { echo "the edit of $1 does nothing: $2"; return 1; }
	mv "$scratch/edited" "$fake/$1"
}

# fake_is STATUS HANDSHAKE WORDS FILE EDIT
fake_is()
{
	make_fake "$4" "$5" && KDIR=$fake ran "$1" "$proof" "$2" && out_has "$2: $3"
}

# said_of NAME WORDS: what the run of all handshakes, or of all mutants, has said
said_of()
{
	grep -E "^$1: ($2)" "$scratch/all" >/dev/null || { grep -A4 "^$1: " "$scratch/all"; return 1; }
}

mutants_with_proof()
{
	local mutant

	for mutant in $(bug_mutants); do
		! grep '^refuted by:' "$here/mutants/$mutant" >/dev/null || echo "$mutant"
	done
}

findings_are_known()
{
	local title

	grep -h '^known: ' "$here"/proof/* | sed 's/^known: //; s/ (docs.findings.md)$//' >"$scratch/known"
	while read -r title; do
		grep -F -- "$title" "$here/docs/findings.md" || { echo "no finding: $title"; return 1; }
	done <"$scratch/known"
}

without_herd()
{
	local tool

	mkdir -p "$scratch/bin" "$scratch/empty"
	# All of the machine's tools but herd7 and apt.
	for tool in /usr/bin/* /bin/*; do
		case ${tool##*/} in
		herd7 | apt*) ;;
		*) [ -e "$scratch/bin/${tool##*/}" ] || ln -s "$tool" "$scratch/bin/" ;;
		esac
	done
	PATH=$scratch/bin XDG_CACHE_HOME=$scratch/empty ran 3 "$proof" && one_line &&
		err_has 'herd7 is missing and there is no apt; install herdtools7'
}

# A private cache, and a mirror that is not there.
without_archive()
{
	mkdir -p "$scratch/offline/task_exit/herd-apt" "$scratch/bin"
	printf '#!/bin/sh\necho "E: no network" >&2\nexit 100\n' >"$scratch/apt-get"
	chmod +x "$scratch/apt-get"
	PATH=$scratch:$PATH XDG_CACHE_HOME=$scratch/offline ran 3 "$proof" &&
		err_has 'herd7 cannot be fetched from .*; install herdtools7'
}

with_useless_herd()
{
	mkdir -p "$scratch/useless"
	printf '#!/bin/sh\necho "unknown option -conf"\n' >"$scratch/useless/herd7"
	chmod +x "$scratch/useless/herd7"
	PATH=$scratch/useless:$PATH ran 3 "$proof" && one_line &&
		err_has 'the installed herd7 cannot read the memory model of .*unknown option -conf'
}

check "proof: without herd7 and apt one line says so" without_herd
if ! command -v herd7 >/dev/null; then
	check "proof: without the archive one line says so" without_archive
fi
check "proof: a herd7 that cannot read the memory model is named" with_useless_herd
check "proof: an unknown handshake is refused" ran 2 "$proof" no-such
KDIR=$here check "proof: a tree that is no kernel tree is refused" ran 2 "$proof"

status=0
"$proof" >"$scratch/all" 2>"$scratch/err" || status=$?
if [ "$status" = 3 ]; then
	skip "proof: the handshakes" "$(tail -n 1 "$scratch/err")"
	exit $check_failed
elif ! tree_is_of_its_series; then
	skip "proof: the handshakes" "they are those of another source than ${tree##*/}"
	exit $check_failed
fi
for name in $(all_handshakes); do
	check "proof: $name holds, or is a known finding" said_of "$name" "holds|refuted, as known"
done
check "proof: docs/findings.md has the known findings" findings_are_known

MUTANTS=$(mutants_with_proof | paste -sd' ') "$proof" >"$scratch/all" 2>"$scratch/err"
for mutant in $(mutants_with_proof); do
	check "proof: $mutant is refuted" said_of "$mutant" "refuted by"
done

# Each handshake fails on an edited tree: a proof that holds for any tree proves nothing.
check "proof: one barrier of two is not enough" fake_is 1 cgroup-disable refuted "$cgroup_c" \
	's/(css->flags \|= CSS_DYING;[^;]*)smp_mb\(\);/\1/'
check "proof: nor is the other" fake_is 1 cgroup-disable refuted "$cgroup_c" \
	's/(break;[^;]*)smp_mb\(\);/\1smp_wmb();/'
check "proof: rmdir needs no barrier, as it takes css_set_lock" fake_is 0 cgroup-rmdir holds "$cgroup_c" \
	's/(css->flags \|= CSS_DYING;[^;]*)smp_mb\(\);/\1/; s/(break;[^;]*)smp_mb\(\);/\1/'
check "proof: a look before the flag is refuted" fake_is 1 cgroup-disable refuted "$cgroup_c" \
	's/kill_css_sync\(css\);(\s*if \(!)css_is_populated\(css\)/bool p = css_is_populated(css);\n\nkill_css_sync(css);\1p/'
check "proof: an exit state that is set before PF_EXITING is refuted" fake_is 1 cgroup-reaped-hidden refuted \
	kernel/exit.c 's/exit_signals\(tsk\);  /;/; s/(tsk->exit_state = EXIT_ZOMBIE;)/\1 exit_signals(tsk);/; s/write_(un)?lock_irq\(&tasklist_lock\);//g'
check "proof: a state that is set without the list's lock is refuted" fake_is 1 scx-load-death refuted "$ext_c" \
	's/scx_set_task_state\(p, SCX_TASK_INIT_BEGIN\);(\s*scx_task_iter_unlock\(&sti\);)/\1 scx_set_task_state(p, SCX_TASK_INIT_BEGIN);/'
check "proof: with a grace period before has_op is cleared, scx-unload-death holds" fake_is 0 scx-unload-death holds "$ext_c" \
	's/(bitmap_zero\(sch->has_op)/synchronize_rcu();\n\1/'
check "proof: a load that does not keep forks out is refuted" fake_is 1 tid-load-fork refuted "$ext_c" \
	's/percpu_down_write\(&scx_fork_rwsem\);(\s*WARN_ON_ONCE\(scx_init_task_enabled)/\1/; s/percpu_up_write\(&scx_fork_rwsem\);(\s*\/\*\s*\* All tasks are READY)/\1/'
check "proof: a table that is freed without a grace period is refuted" fake_is 1 tid-unload-use refuted "$ext_c" \
	's/(scx_idle_disable\(\);\s*)synchronize_rcu\(\);/\1/'

check "proof: a function that has another name: the tree has changed" fake_is 2 cgroup-disable changed "$cgroup_c" \
	's/kill_css_sync/kill_css_early/g'
check "proof: an access that has gone: the tree has changed" fake_is 2 cgroup-disable changed "$cgroup_c" \
	's/WRITE_ONCE\(css->nr_populated_children,/WRITE_ONCE(css->nr_busy_children,/'
check "proof: a lock that is never released: the tree has changed" fake_is 2 tid-load-fork changed "$ext_c" \
	's/percpu_up_write\(&scx_fork_rwsem\);(\s*\/\*\s*\* All tasks are READY)/\1/'
check "proof: a lock that a premise names has gone: the tree has changed" fake_is 2 cgroup-disable changed "$cgroup_c" \
	's/(css_update_populated\(struct[^{]*\{[^}]*)lockdep_assert_held\(&css_set_lock\);/\1/'
check "proof: an older kernel: the handshake does not apply" fake_is 0 tid-unload-use "does not apply" "$ext_c" \
	's/__scx_tid_to_task_enabled/__scx_no_such_key/g'
exit $check_failed
