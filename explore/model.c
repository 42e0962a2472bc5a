// SPDX-License-Identifier: GPL-2.0-only
/*
 * model - the state and the operations. See model.h. The names in comments are those
 * of kernel/cgroup/ in Linux 7.3.
 */
#include <errno.h>
#include <string.h>

#include "model.h"

#define ALL_CONTROLLERS ((1u << NR_CONTROLLERS) - 1)
#define THREADED_CONTROLLERS (1u << CTL_PIDS | 1u << CTL_CPU)

const char *const controller_names[NR_CONTROLLERS] = { "pids", "cpu",
						       "memory" };
const char *const policy_words[NR_POLICIES] = { "normal", "batch", "fifo" };
const char *const hold_words[NR_HOLDS] = { "", "flush", "pidns" };

/* A process can start as many threads: start_thread() */
#define MAX_STACKS 4

static int new_css(struct model *m, int cgroup, int parent,
		   enum controller controller)
{
	m->csses[m->nr_csses] = (struct model_css){
		.cgroup = cgroup,
		.parent = parent,
		.controller = controller,
		.max = UNLIMITED,
	};
	if (controller == CTL_MEMORY)
		m->cgroups[cgroup].had_memory = true;
	return m->nr_csses++;
}

static int new_cgroup(struct model *m, char name, int parent)
{
	struct model_cgroup *cg = &m->cgroups[m->nr_cgroups];
	int i;

	*cg = (struct model_cgroup){ .name = name,
				     .parent = parent,
				     .domain = m->nr_cgroups };
	for (i = 0; i < NR_CONTROLLERS; i++) {
		cg->css[i] = NONE;
		cg->drains[i] = NONE;
	}
	return m->nr_cgroups++;
}

void model_init(struct model *m)
{
	int i;

	memset(m, 0, sizeof(*m));
	new_cgroup(m, '.', NONE);
	for (i = 0; i < NR_CONTROLLERS; i++)
		m->cgroups[0].css[i] = new_css(m, 0, NONE, i);
}

bool is_below(const struct model *m, int cgroup, int above)
{
	while (cgroup != NONE && cgroup != above)
		cgroup = m->cgroups[cgroup].parent;
	return cgroup == above;
}

bool is_live_below(const struct model *m, int cgroup, int above)
{
	return !m->cgroups[cgroup].removed && is_below(m, cgroup, above);
}

static int find_child(const struct model *m, int parent, char name)
{
	int i;

	for (i = 1; i < m->nr_cgroups; i++)
		if (m->cgroups[i].parent == parent &&
		    m->cgroups[i].name == name && !m->cgroups[i].removed)
			return i;
	return NONE;
}

int model_cgroup(const struct model *m, const char *path)
{
	int cgroup = 0;

	if (!strcmp(path, "."))
		return 0;
	for (; *path && cgroup != NONE; path++)
		if (*path != '/')
			cgroup = find_child(m, cgroup, *path);
	return cgroup;
}

void model_path(const struct model *m, int cgroup, char path[PATH_SIZE])
{
	char names[MAX_DEPTH];
	int depth = 0, len = 0;

	for (; cgroup > 0 && depth < MAX_DEPTH;
	     cgroup = m->cgroups[cgroup].parent)
		names[depth++] = m->cgroups[cgroup].name;
	if (!depth)
		path[len++] = '.';
	while (depth--) {
		path[len++] = names[depth];
		if (depth)
			path[len++] = '/';
	}
	path[len] = '\0';
}

int model_task(const struct model *m, char name)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].name == name && m->tasks[i].state != TASK_GONE)
			return i;
	return NONE;
}

/* signal->live */
bool process_lives(const struct model *m, int leader)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].leader == leader &&
		    m->tasks[i].state == TASK_LIVE)
			return true;
	return false;
}

/* css_task_iter_advance() */
bool is_hidden(const struct model *m, int task)
{
	return m->tasks[task].state == TASK_HELD &&
	       !process_lives(m, m->tasks[task].leader);
}

bool is_reapable(const struct model *m, int leader)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (i != leader && m->tasks[i].leader == leader &&
		    m->tasks[i].state != TASK_GONE)
			return false;
	return m->tasks[leader].state == TASK_DEAD;
}

/* Before its last context switch. */
static bool is_member(const struct model_task *t)
{
	return t->state == TASK_LIVE || t->state == TASK_HELD;
}

/* cgroup_has_tasks() */
static bool has_tasks(const struct model *m, int cgroup, bool hidden_count)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].cgroup == cgroup && is_member(&m->tasks[i]) &&
		    (hidden_count || !is_hidden(m, i)))
			return true;
	return false;
}

bool is_threaded(const struct model *m, int cgroup)
{
	return m->cgroups[cgroup].domain != cgroup;
}

/* nr_populated_domain_children */
static bool has_populated_domain_children(const struct model *m, int cgroup,
					  bool hidden_count)
{
	int i, child;

	for (i = 1; i < m->nr_cgroups; i++) {
		if (i == cgroup || !is_below(m, i, cgroup) ||
		    !has_tasks(m, i, hidden_count))
			continue;
		for (child = i; m->cgroups[child].parent != cgroup;)
			child = m->cgroups[child].parent;
		if (!is_threaded(m, child))
			return true;
	}
	return false;
}

static bool has_threaded_children(const struct model *m, int cgroup)
{
	int i;

	for (i = 1; i < m->nr_cgroups; i++)
		if (m->cgroups[i].parent == cgroup && !m->cgroups[i].removed &&
		    is_threaded(m, i))
			return true;
	return false;
}

/* cgroup_is_thread_root() */
static bool is_thread_root(const struct model *m, int cgroup, bool hidden_count)
{
	if (is_threaded(m, cgroup))
		return false;
	return has_threaded_children(m, cgroup) ||
	       (has_tasks(m, cgroup, hidden_count) &&
		(m->cgroups[cgroup].subtree_control & THREADED_CONTROLLERS));
}

static bool can_be_thread_root(const struct model *m, int cgroup,
			       bool hidden_count)
{
	return !is_threaded(m, cgroup) &&
	       !has_populated_domain_children(m, cgroup, hidden_count) &&
	       !(m->cgroups[cgroup].subtree_control & ~THREADED_CONTROLLERS);
}

/* The parent of the root is a valid domain. */
static bool is_valid_domain(const struct model *m, int cgroup,
			    bool hidden_count)
{
	if (is_threaded(m, cgroup))
		return false;
	while ((cgroup = m->cgroups[cgroup].parent) != NONE)
		if (is_thread_root(m, cgroup, hidden_count) ||
		    is_threaded(m, cgroup))
			return false;
	return true;
}

/* cgroup_type_show() */
enum cgroup_type model_type(const struct model *m, int cgroup,
			    bool hidden_count)
{
	if (is_threaded(m, cgroup))
		return TYPE_THREADED;
	if (!is_valid_domain(m, cgroup, hidden_count))
		return TYPE_INVALID;
	return is_thread_root(m, cgroup, hidden_count) ? TYPE_THREAD_ROOT :
							 TYPE_DOMAIN;
}

unsigned int controllers_of(const struct model *m, int cgroup)
{
	if (!cgroup)
		return ALL_CONTROLLERS;
	return m->cgroups[m->cgroups[cgroup].parent].subtree_control &
	       (is_threaded(m, cgroup) ? THREADED_CONTROLLERS :
					 ALL_CONTROLLERS);
}

bool is_freezing(const struct model *m, int cgroup)
{
	for (; cgroup != NONE; cgroup = m->cgroups[cgroup].parent)
		if (m->cgroups[cgroup].freeze)
			return true;
	return false;
}

static bool css_is_below(const struct model *m, int css, int above)
{
	while (css != NONE && css != above)
		css = m->csses[css].parent;
	return css == above;
}

bool css_is_populated(const struct model *m, int css)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (is_member(&m->tasks[i]) &&
		    css_is_below(m, m->tasks[i].css[m->csses[css].controller],
				 css))
			return true;
	return false;
}

/* A css is released after its tasks are freed, and those below it. */
bool css_exists(const struct model *m, int css)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].state != TASK_GONE &&
		    css_is_below(m, m->tasks[i].css[m->csses[css].controller],
				 css))
			return true;
	for (i = 0; i < m->nr_csses; i++)
		if (!m->csses[i].dying && css_is_below(m, i, css))
			return true;
	return false;
}

bool cgroup_exists(const struct model *m, int cgroup)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].state != TASK_GONE &&
		    is_below(m, m->tasks[i].cgroup, cgroup))
			return true;
	for (i = 0; i < m->nr_csses; i++)
		if (is_below(m, m->csses[i].cgroup, cgroup) && css_exists(m, i))
			return true;
	return !m->cgroups[cgroup].removed;
}

static int count_live_cgroups(const struct model *m)
{
	int i, nr = 0;

	for (i = 1; i < m->nr_cgroups; i++)
		nr += !m->cgroups[i].removed;
	return nr;
}

static int depth_of(const struct model *m, int cgroup)
{
	int depth = 0;

	for (; cgroup > 0; cgroup = m->cgroups[cgroup].parent)
		depth++;
	return depth;
}

/* The css of the closest ancestor that has one: cgroup_e_css(). */
static int effective_css(const struct model *m, int cgroup,
			 enum controller controller)
{
	while (m->cgroups[cgroup].css[controller] == NONE)
		cgroup = m->cgroups[cgroup].parent;
	return m->cgroups[cgroup].css[controller];
}

static void use_csses(struct model *m, struct model_task *t)
{
	int i;

	for (i = 0; i < NR_CONTROLLERS; i++)
		t->css[i] = effective_css(m, t->cgroup, i);
}

/* cgroup_apply_control_enable() for one cgroup */
static void create_css(struct model *m, int cgroup, enum controller controller)
{
	int parent = m->cgroups[m->cgroups[cgroup].parent].css[controller];

	m->cgroups[cgroup].css[controller] =
		new_css(m, cgroup, parent, controller);
}

static void kill_css(struct model *m, int cgroup, enum controller controller)
{
	struct model_cgroup *cg = &m->cgroups[cgroup];
	int css = cg->css[controller];

	if (css == NONE)
		return;
	m->csses[css].dying = true;
	cg->drains[controller] = css;
	cg->css[controller] = NONE;
}

/* cgroup_update_dfl_csses(): an exiting task does not migrate. */
static void migrate_subtree(struct model *m, int cgroup)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].state == TASK_LIVE &&
		    is_live_below(m, m->tasks[i].cgroup, cgroup))
			use_csses(m, &m->tasks[i]);
}

/* cgroup_lock_and_drain_offline() */
static bool must_drain(const struct model *m, int cgroup)
{
	int i, j;

	for (i = 0; i < m->nr_cgroups; i++)
		for (j = 0; j < NR_CONTROLLERS; j++)
			if (is_live_below(m, i, cgroup) &&
			    m->cgroups[i].drains[j] != NONE &&
			    css_is_populated(m, m->cgroups[i].drains[j]))
				return true;
	return false;
}

static int do_mkdir(struct model *m, const struct op *op)
{
	const char *slash = strrchr(op->path, '/');
	char parent_path[PATH_SIZE] = ".";
	int parent, child, i;

	if (slash) {
		memcpy(parent_path, op->path, slash - op->path);
		parent_path[slash - op->path] = '\0';
	}
	parent = model_cgroup(m, parent_path);
	child = new_cgroup(m, slash ? slash[1] : op->path[0], parent);
	for (i = 0; i < NR_CONTROLLERS; i++)
		if (m->cgroups[parent].subtree_control & (1u << i))
			create_css(m, child, i);
	return 0;
}

static void note_frozen_leak(struct model *m, int cgroup)
{
	int above;

	if (!is_freezing(m, cgroup) || !has_tasks(m, cgroup, true))
		return;
	for (above = m->cgroups[cgroup].parent; above != NONE;
	     above = m->cgroups[above].parent)
		m->cgroups[above].frozen_leak = true;
}

bool may_be_listed(const struct model *m, int task)
{
	return is_hidden(m, task) && m->tasks[task].held == HOLD_AT_FLUSH;
}

static bool may_list_tasks(const struct model *m, int cgroup)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].cgroup == cgroup && may_be_listed(m, i))
			return true;
	return false;
}

/* cgroup_destroy_locked() */
static int do_rmdir(struct model *m, int cgroup, bool hidden_count)
{
	int i;

	if (has_tasks(m, cgroup, false) ||
	    (hidden_count && may_list_tasks(m, cgroup)))
		return -EBUSY;
	for (i = 1; i < m->nr_cgroups; i++)
		if (m->cgroups[i].parent == cgroup && !m->cgroups[i].removed)
			return -EBUSY;
	note_frozen_leak(m, cgroup);
	for (i = 0; i < NR_CONTROLLERS; i++)
		kill_css(m, cgroup, i);
	m->cgroups[cgroup].removed = true;
	return 0;
}

/* cgroup_vet_subtree_control_enable() */
static int vet_enable(const struct model *m, int cgroup,
		      enum controller controller, bool hidden_count)
{
	if (!is_valid_domain(m, m->cgroups[cgroup].domain, hidden_count))
		return -EOPNOTSUPP;
	if (controller == CTL_MEMORY) {
		if (is_thread_root(m, cgroup, hidden_count) ||
		    is_threaded(m, cgroup))
			return -EOPNOTSUPP;
	} else if (can_be_thread_root(m, cgroup, hidden_count) ||
		   is_threaded(m, cgroup)) {
		return 0;
	}
	return has_tasks(m, cgroup, hidden_count) ? -EBUSY : 0;
}

static int do_enable(struct model *m, int cgroup, enum controller controller,
		     bool hidden_count)
{
	unsigned int bit = 1u << controller;
	int i, err;

	if (must_drain(m, cgroup))
		return OP_SLEEPS;
	if (m->cgroups[cgroup].subtree_control & bit)
		return 0;
	if (!(controllers_of(m, cgroup) & bit))
		return -ENOENT;
	err = vet_enable(m, cgroup, controller, hidden_count);
	if (err)
		return err;
	m->cgroups[cgroup].subtree_control |= bit;
	for (i = 1; i < m->nr_cgroups; i++)
		if (m->cgroups[i].parent == cgroup && !m->cgroups[i].removed)
			create_css(m, i, controller);
	migrate_subtree(m, cgroup);
	return 0;
}

static int do_disable(struct model *m, int cgroup, enum controller controller)
{
	unsigned int bit = 1u << controller;
	int i;

	if (must_drain(m, cgroup))
		return OP_SLEEPS;
	if (!(m->cgroups[cgroup].subtree_control & bit))
		return 0;
	for (i = 1; i < m->nr_cgroups; i++)
		if (m->cgroups[i].parent == cgroup && !m->cgroups[i].removed &&
		    (m->cgroups[i].subtree_control & bit))
			return -EBUSY;
	m->cgroups[cgroup].subtree_control &= ~bit;
	for (i = 1; i < m->nr_cgroups; i++)
		if (m->cgroups[i].parent == cgroup && !m->cgroups[i].removed)
			kill_css(m, i, controller);
	migrate_subtree(m, cgroup);
	return 0;
}

/* cgroup_enable_threaded() */
static int do_threaded(struct model *m, int cgroup, bool hidden_count)
{
	int i, domain;

	if (must_drain(m, cgroup))
		return OP_SLEEPS;
	if (is_threaded(m, cgroup))
		return 0;
	/* The parent of the root enables memory. */
	if (!cgroup ||
	    (m->cgroups[cgroup].subtree_control & ~THREADED_CONTROLLERS))
		return -EOPNOTSUPP;
	for (i = 0; i < m->nr_cgroups; i++)
		if (is_below(m, i, cgroup) && has_tasks(m, i, hidden_count))
			return -EOPNOTSUPP;
	domain = m->cgroups[m->cgroups[cgroup].parent].domain;
	if (!is_valid_domain(m, domain, hidden_count) ||
	    !can_be_thread_root(m, domain, hidden_count))
		return -EOPNOTSUPP;
	for (i = 1; i < m->nr_cgroups; i++)
		if (i == cgroup ||
		    (is_live_below(m, i, cgroup) && is_threaded(m, i)))
			m->cgroups[i].domain = domain;
	return 0;
}

/* cgroup_migrate_vet_dst() */
static int vet_destination(const struct model *m, int cgroup, bool hidden_count)
{
	if (!is_valid_domain(m, m->cgroups[cgroup].domain, hidden_count))
		return -EOPNOTSUPP;
	if (can_be_thread_root(m, cgroup, hidden_count) ||
	    is_threaded(m, cgroup))
		return 0;
	return m->cgroups[cgroup].subtree_control ? -EBUSY : 0;
}

int pids_in(const struct model *m, int css)
{
	int i, nr = 0;

	for (i = 0; i < m->nr_tasks; i++)
		nr += m->tasks[i].state != TASK_GONE &&
		      css_is_below(m, m->tasks[i].css[CTL_PIDS], css);
	return nr;
}

/* pids_can_fork() */
static int charge_pid(struct model *m, int css)
{
	int over;

	for (over = css; over != NONE; over = m->csses[over].parent)
		if (pids_in(m, over) + 1 > m->csses[over].max)
			break;
	if (over == NONE)
		return 0;
	for (; over != NONE; over = m->csses[over].parent)
		m->csses[over].events++;
	return -EAGAIN;
}

static struct model_task *new_task(struct model *m, char name, int cgroup)
{
	int i = m->nr_tasks++;
	struct model_task *t = &m->tasks[i];

	*t = (struct model_task){
		.name = name, .cgroup = cgroup, .leader = i, .body = i
	};
	use_csses(m, t);
	return t;
}

static int do_fork(struct model *m, char name, int cgroup, bool hidden_count)
{
	int err = vet_destination(m, cgroup, hidden_count);

	err = err ? err : charge_pid(m, effective_css(m, cgroup, CTL_PIDS));
	if (!err)
		new_task(m, name, cgroup)->forked_after_kill = m->killed;
	return err;
}

/* A thread starts with the css_set of the thread that creates it. */
static int do_thread(struct model *m, int leader, char name)
{
	struct model_task *t;
	int err = charge_pid(m, m->tasks[leader].css[CTL_PIDS]);

	if (err)
		return err;
	t = new_task(m, name, m->tasks[leader].cgroup);
	t->leader = leader;
	memcpy(t->css, m->tasks[leader].css, sizeof(t->css));
	t->nice = m->tasks[leader].nice;
	t->policy = m->tasks[leader].policy;
	t->everywhere = m->tasks[leader].everywhere;
	return 0;
}

/* cgroup_attach_task(): exiting threads stay where they are. */
static int do_move(struct model *m, int leader, int cgroup, bool hidden_count)
{
	int i, err;

	if (!process_lives(m, leader))
		return OP_ANY;
	err = vet_destination(m, cgroup, hidden_count);
	for (i = 0; !err && i < m->nr_tasks; i++) {
		if (m->tasks[i].leader != leader ||
		    m->tasks[i].state != TASK_LIVE)
			continue;
		m->tasks[i].cgroup = cgroup;
		use_csses(m, &m->tasks[i]);
	}
	return err;
}

/* Of a thread, without the process: see cgroup_attach_permissions(). */
static int do_move_thread(struct model *m, int task, int cgroup,
			  bool hidden_count)
{
	struct model_task *t = &m->tasks[task];
	int err;

	if (t->state != TASK_LIVE)
		return OP_ANY;
	err = vet_destination(m, cgroup, hidden_count);
	if (!err && m->cgroups[t->cgroup].domain != m->cgroups[cgroup].domain)
		err = -EOPNOTSUPP;
	if (err)
		return err;
	t->cgroup = cgroup;
	use_csses(m, t);
	return 0;
}

/*
 * de_thread(): when no other thread is left, the caller of execve(2) becomes the leader.
 * The leader that was is reaped.
 */
static void finish_exec(struct model *m, int leader)
{
	struct model_task *old = &m->tasks[leader];
	int i, caller = NONE;

	for (i = 0; i < m->nr_tasks; i++) {
		if (m->tasks[i].leader != leader || i == leader)
			continue;
		if (m->tasks[i].execs)
			caller = i;
		else if (m->tasks[i].state != TASK_GONE)
			return;
	}
	if (caller == NONE) {
		old->execs = false;
	} else if (old->state == TASK_DEAD) {
		char name = old->name;
		bool forked_after_kill = old->forked_after_kill;
		int pidfds = old->pidfds;

		*old = m->tasks[caller];
		old->name = name;
		old->forked_after_kill = forked_after_kill;
		old->pidfds = pidfds;
		old->execs = false;
		old->armed = NO_HOLD;
		m->tasks[caller].execs = false;
		m->tasks[caller].state = TASK_GONE;
	}
}

/* The last context switch: a thread has reaped itself before that. */
static void last_switch(struct model *m, int task)
{
	struct model_task *t = &m->tasks[task];

	t->held = NO_HOLD;
	t->state = t->leader == task ? TASK_DEAD : TASK_GONE;
	finish_exec(m, t->leader);
}

static void do_exit_task(struct model *m, int task)
{
	struct model_task *t = &m->tasks[task];

	t->execs = false;
	t->held = t->armed;
	t->state = TASK_HELD;
	if (t->held == NO_HOLD)
		last_switch(m, task);
}

/* All threads of the process but @survivor, which may be NONE. */
static void kill_threads(struct model *m, int leader, int survivor)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].leader == leader && i != survivor &&
		    m->tasks[i].state == TASK_LIVE)
			do_exit_task(m, i);
}

static void kill_process(struct model *m, int leader)
{
	int i;

	/* They do not become the leader any more. */
	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].leader == leader)
			m->tasks[i].execs = false;
	kill_threads(m, leader, NONE);
}

static void do_exec(struct model *m, int task)
{
	m->tasks[task].execs = true;
	kill_threads(m, m->tasks[task].leader, task);
	finish_exec(m, m->tasks[task].leader);
}

/* cgroup_kill(): every process with a live thread in the subtree, and no other. */
static int do_kill(struct model *m, int cgroup)
{
	bool hit[MAX_TASKS] = {}, touched[MAX_TASKS] = {};
	int i;

	if (is_threaded(m, cgroup))
		return -EOPNOTSUPP;
	m->killed = true;
	for (i = 0; i < m->nr_tasks; i++) {
		if (!is_live_below(m, m->tasks[i].cgroup, cgroup))
			continue;
		hit[m->tasks[i].leader] |= m->tasks[i].state == TASK_LIVE;
		touched[m->tasks[i].leader] |= m->tasks[i].state == TASK_HELD;
	}
	for (i = 0; i < m->nr_tasks; i++) {
		if (hit[i]) {
			m->tasks[i].killed_headless = m->tasks[i].state !=
						      TASK_LIVE;
			kill_process(m, i);
		} else if (touched[i] && process_lives(m, i)) {
			m->tasks[i].spared = true;
		}
	}
	return 0;
}

static bool is_frozen_task(const struct model *m, int task)
{
	return is_freezing(m, m->tasks[task].cgroup);
}

/* What a task that does not exist yet needs. */
static const char *name_obstacle(const struct model *m, char name, bool thread)
{
	int i, nr = 0;

	for (i = 0; i < m->nr_tasks; i++) {
		if (m->tasks[i].name == name)
			return "this name was used before";
		nr += m->tasks[i].state != TASK_GONE &&
		      (m->tasks[i].leader != i) == thread;
	}
	if (m->nr_tasks == MAX_TASKS ||
	    nr >= (thread ? MAX_THREADS : MAX_PROCESSES))
		return "too many tasks";
	return NULL;
}

static const char *mkdir_obstacle(const struct model *m, const char *path)
{
	char parent[PATH_SIZE];
	int len = strlen(path), cgroup;

	memcpy(parent, path, len + 1);
	if (len > 2)
		parent[len - 2] = '\0';
	cgroup = len > 2 ? model_cgroup(m, parent) : 0;
	if (cgroup == NONE)
		return "its parent does not exist";
	if (model_cgroup(m, path) != NONE)
		return "it exists";
	if (depth_of(m, cgroup) >= MAX_DEPTH || m->nr_cgroups == MAX_CGROUPS ||
	    count_live_cgroups(m) >= MAX_LIVE_CGROUPS)
		return "too many cgroups";
	return NULL;
}

static const char *cgroup_obstacle(const struct model *m, const struct op *op,
				   int cgroup)
{
	if (cgroup == NONE)
		return "the cgroup does not exist";
	switch (op->kind) {
	case OP_RMDIR:
		if (!cgroup)
			return "it is the root";
		return m->blocked ? "a call sleeps" : NULL;
	case OP_THREADED:
		return m->blocked ? "a call sleeps" : NULL;
	case OP_ENABLE:
	case OP_DISABLE:
		if (m->nr_csses + MAX_LIVE_CGROUPS > MAX_CSSES)
			return "too many csses";
		return m->blocked ? "a call sleeps" : NULL;
	case OP_MAX:
		return controllers_of(m, cgroup) & (1u << CTL_PIDS) ?
			       NULL :
			       "it has no pids.max";
	case OP_FORK:
		return name_obstacle(m, op->task, false);
	default:
		return NULL;
	}
}

static const char *arm_obstacle(const struct model *m, int task, enum hold hold)
{
	int i;

	if (m->tasks[task].state != TASK_LIVE)
		return "the task is not live";
	if (m->tasks[task].armed != NO_HOLD)
		return "the task has a hold";
	for (i = 0; hold == HOLD_AT_ZAP && i < m->nr_tasks; i++)
		if (m->tasks[i].leader == m->tasks[task].leader && i != task &&
		    m->tasks[i].state != TASK_GONE)
			return "its process has another thread";
	if (hold == HOLD_AT_ZAP && m->tasks[task].leader != task)
		return "it is a thread";
	return NULL;
}

/* Also those that are gone. */
static int count_threads(const struct model *m, int leader)
{
	int i, nr = 0;

	for (i = 0; i < m->nr_tasks; i++)
		nr += i != leader && m->tasks[i].leader == leader;
	return nr;
}

/* Or execute a program. */
static const char *exit_obstacle(const struct model *m, const struct op *op,
				 int task)
{
	if (is_frozen_task(m, task))
		return "it is frozen";
	if (m->tasks[task].execs)
		return "it executes";
	if (op->hold != NO_HOLD)
		return arm_obstacle(m, task, op->hold);
	return m->tasks[task].state == TASK_LIVE ? NULL :
						   "the task is not live";
}

static const char *task_obstacle(const struct model *m, const struct op *op,
				 int task)
{
	bool leader;

	if (task == NONE)
		return "the task does not exist";
	leader = m->tasks[task].leader == task;
	switch (op->kind) {
	case OP_THREAD:
		if (count_threads(m, task) >= MAX_STACKS)
			return "its process has no more stacks";
		if (!leader || m->tasks[task].state != TASK_LIVE)
			return "it is not a live leader";
		if (m->tasks[task].execs)
			return "it executes";
		if (m->tasks[task].armed == HOLD_AT_ZAP)
			return "its hold is for a single thread";
		if (is_frozen_task(m, task))
			return "it is frozen";
		return name_obstacle(m, op->thread, true);
	case OP_MOVE:
		if (!leader)
			return "it is a thread";
		return model_cgroup(m, op->path) == NONE ?
			       "the cgroup does not exist" :
			       NULL;
	case OP_MOVE_THREAD:
		return model_cgroup(m, op->path) == NONE ?
			       "the cgroup does not exist" :
			       NULL;
	case OP_ARM:
		return arm_obstacle(m, task, op->hold);
	case OP_NICE:
		return op->number > MAX_NICE ? "it is no nice value" : NULL;
	case OP_PIDFD:
		return m->tasks[task].pidfds == MAX_PIDFDS ? "too many pidfds" :
							     NULL;
	case OP_AFFINITY:
		/* What the tasks of other CPUs do has no order. */
		return m->tasks[task].state == TASK_LIVE ? "the task is live" :
							   NULL;
	case OP_EXEC:
	case OP_EXIT:
		return exit_obstacle(m, op, task);
	case OP_SIGKILL:
		if (!leader)
			return "it is a thread";
		return process_lives(m, task) ? NULL :
						"its process is not live";
	case OP_RELEASE:
		return m->tasks[task].state == TASK_HELD ? NULL :
							   "it is not held";
	case OP_REAP:
		return is_reapable(m, task) ? NULL : "it cannot be reaped yet";
	default:
		return NULL;
	}
}

const char *model_obstacle(const struct model *m, const struct op *op)
{
	if (op->kind == OP_SETTLE)
		return NULL;
	if (op->kind >= OP_LOAD)
		return m->loaded == (op->kind != OP_UNLOAD) ? "it is, already" :
							      NULL;
	if (op->kind == OP_MKDIR)
		return mkdir_obstacle(m, op->path);
	if (op->kind <= OP_FORK)
		return cgroup_obstacle(m, op, model_cgroup(m, op->path));
	return task_obstacle(m, op, model_task(m, op->task));
}

int model_do(struct model *m, const struct op *op, bool hidden_count)
{
	int cgroup = op->path[0] ? model_cgroup(m, op->path) : NONE;
	int task = op->task ? model_task(m, op->task) : NONE;
	int ret = 0;

	if (model_obstacle(m, op))
		return OP_IMPOSSIBLE;
	switch (op->kind) {
	case OP_MKDIR:
		return do_mkdir(m, op);
	case OP_RMDIR:
		return do_rmdir(m, cgroup, hidden_count);
	case OP_ENABLE:
		ret = do_enable(m, cgroup, op->controller, hidden_count);
		break;
	case OP_DISABLE:
		ret = do_disable(m, cgroup, op->controller);
		break;
	case OP_THREADED:
		ret = do_threaded(m, cgroup, hidden_count);
		break;
	case OP_FREEZE:
	case OP_THAW:
		m->cgroups[cgroup].freeze = op->kind == OP_FREEZE;
		break;
	case OP_KILL:
		return do_kill(m, cgroup);
	case OP_MAX:
		m->csses[m->cgroups[cgroup].css[CTL_PIDS]].max = op->number;
		break;
	case OP_FORK:
		return do_fork(m, op->task, cgroup, hidden_count);
	case OP_THREAD:
		return do_thread(m, task, op->thread);
	case OP_MOVE:
		return do_move(m, task, cgroup, hidden_count);
	case OP_MOVE_THREAD:
		return do_move_thread(m, task, cgroup, hidden_count);
	case OP_EXEC:
		do_exec(m, task);
		break;
	case OP_PIDFD:
		m->tasks[task].pidfds++;
		break;
	case OP_NICE:
		m->tasks[task].nice = op->number;
		break;
	case OP_POLICY:
		m->tasks[task].policy = op->number;
		break;
	case OP_AFFINITY:
		m->tasks[task].everywhere = true;
		break;
	case OP_ARM:
		m->tasks[task].armed = op->hold;
		break;
	case OP_EXIT:
		if (op->hold != NO_HOLD)
			m->tasks[task].armed = op->hold;
		do_exit_task(m, task);
		break;
	case OP_SIGKILL:
		kill_process(m, task);
		break;
	case OP_RELEASE:
		last_switch(m, task);
		break;
	case OP_REAP:
		m->tasks[task].state = TASK_GONE;
		break;
	case OP_LOAD:
	case OP_LOAD_LOOKUP:
	case OP_UNLOAD:
		m->loaded = op->kind != OP_UNLOAD;
		break;
	default:
		break;
	}
	if (ret == OP_SLEEPS) {
		m->blocked = true;
		m->call = *op;
	}
	return ret;
}

bool model_can_resume(const struct model *m)
{
	return m->blocked && !must_drain(m, model_cgroup(m, m->call.path));
}

int model_resume(struct model *m, bool hidden_count)
{
	struct op call = m->call;

	m->blocked = false;
	return model_do(m, &call, hidden_count);
}
