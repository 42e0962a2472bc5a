# SPDX-License-Identifier: GPL-2.0-only
#
# What can be done in a checkout, outside of a kernel tree.

export CHANGELOG TREE REV KERNEL KERNELS JOBS TEST TESTS FIX MESSAGE REPEAT FILE KDIR CPUS MEM V
export VMLINUX_BTF VMLINUX_H TASK_EXIT_STRICT MUTANTS QUICK FULL

# What make starts ends with make, also where that is killed.
exec_child := exec setpriv --pdeathsig TERM

.PHONY: help vmtest verdict matrix bisect mutants parse bench install-tree uninstall-tree clean
.PHONY: check check-bisect check-debian check-fleet check-page
.DEFAULT_GOAL := help

define HELP
task_exit: does this kernel keep its promises about tasks that exit?

  make vmtest            the suite, on a real kernel in a virtual machine
  make verdict           which upstream fixes that kernel has, which to pick next
  make matrix            the suite on many kernels: a table, and results/matrix.html
  make bisect TEST=      the first kernel that breaks a test; FIX=1: that mends it
  make parse FILE=       saved results or a serial log, for people to read
  make check             the project's own tests; and, slower: check-page (in a browser),
                         check-fleet (LAVA), check-debian (first runs), check-bisect
  make bench             what the harness costs, beside a bare boot
  make mutants           kernels with one bug each: who notices? (MUTANTS=, QUICK=1, FULL=1)
  make install-tree      put the suite into the kernel tree KDIR; uninstall-tree: take it out

What vmtest, verdict and bench take:

  KERNEL=7.1             a series or version of Debian's archive (newest), or path/bzImage
  TESTS="cgroup_rmdir"   only these programs, or tests (cgroup_rmdir.NAME) of them (not verdict)
  FILE=results.ktap      results saved before, of any machine (verdict, parse)
  CHANGELOG=FILE, TREE=~/linux REV=HEAD   what it claims to have (verdict)
  KDIR=~/linux           build with this kernel tree, not Debian's
  VMLINUX_BTF=, VMLINUX_H=   types of another kernel than KDIR's
  CPUS=2 MEM=512         the machine, MEM in MiB
  TASK_EXIT_STRICT=1     what upstream has not decided counts (vmtest only)
  V=1                    show the kernel log and the build, too; verdict: name every test

What matrix, bisect and check take, besides CPUS, MEM and KDIR:

  KERNELS="6.18 7.3"     instead of one of every era (7.3-rt: with PREEMPT_RT)
  JOBS=2 TESTS=          matrix: machines at a time; only these programs or tests
  MESSAGE= REPEAT=10     bisect: only failures that say so; runs, for races (vmtest, mutants, too)
  CHECKS="unit style"    check: only these; a wrong name lists them all

In a kernel tree, after install-tree:

  make -C tools/testing/selftests TARGETS=task_exit run_tests

make fails with status 2 whatever failed. scripts/vmtest takes the same
variables from the environment and tells: 0 passed, 1 a test failed, 2 bad
usage or something is missing, 3 the machine failed, 4 all was skipped. make
verdict succeeds where it has an answer; scripts/report verdict tells which.
endef

help:
	@:$(info $(HELP))

vmtest:
	@$(exec_child) scripts/vmtest run

# That a fix is missing is an answer, not an error.
verdict:
	@$(exec_child) env ANSWERS_PASS=1 scripts/report $@

parse matrix:
	@$(exec_child) scripts/report $@

bisect:
	@$(exec_child) scripts/bisect

mutants:
	@$(exec_child) scripts/mutants

check:
	@$(exec_child) check/run $(CHECKS)

# Too slow, or too much to install, for everybody's "make check".
check-page check-fleet check-debian:
	@$(exec_child) check/run $(@:check-%=%)

check-bisect:
	@$(exec_child) check/run git-bisect

bench:
	@$(exec_child) scripts/vmtest bench

install-tree:
	@$(exec_child) scripts/install-tree $(if $(KDIR),"$(KDIR)")

uninstall-tree:
	@$(exec_child) scripts/install-tree --undo $(if $(KDIR),"$(KDIR)")

clean:
	@rm -rf obj task_exit task_exit_* cgroup_* scx_*
