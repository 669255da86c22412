/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The state of an ownership, for its own files alone: ownership.c takes what happens,
 * ownership_rules.c decides about one address, ownership_give.c hands it over, ownership_set.c takes snapshots, ownership_view.c
 * shows, ownership_heard.c judges frames, ownership_words.c what speakers say to them.
 *
 *             settle()                  due                     nobody answers
 *     ASIDE <----------> STANDBY -----------------> ASKING -----------------------> OWNER
 *                           ^   <------------------        a live speaker answers     |
 *                           |                                                         |
 *                           +---------------- GIVING <--------------------------------+
 *                            successor heard           move, drain, leave, no candidate
 *
 * A STANDBY whose owner left claims without asking. An OWNER that hears a better one, or slept, goes
 * straight back.
 */

#include "base/clock.h"
#include "plan/claims.h"
#include "plan/ownership_put.h"
#include "plan/ownership_view.h"

#include <bsd/sys/tree.h>

#define NOBODY OWNERSHIP_NOBODY

#define PROBE_GAP_NS    (20 * NS_PER_MS)  /* a host on the segment answers within it */
#define ANSWER_NS       (5 * NS_PER_MS)   /* a speaker does, even on a busy machine */
#define ANSWER_PART     30                /* of the detection time, if that is more */
#define PROBE_SENT_NS   (20 * NS_PER_US)  /* probes leave at 50,000 a second */
#define ALIVE_NS        (1 * NS_PER_S)    /* so long a silent speaker's answers count */
#define HEARD_OF_NS     (35 * NS_PER_S)   /* a sign of life of a member without a session */
#define START_GRACE_NS  (5 * NS_PER_S)    /* until sessions are up, after self became ready */
#define AUDIT_NS        (150 * NS_PER_S)  /* owners are heard every 60 s: two may be lost */
#define AUDIT_FAR_NS    (10 * NS_PER_S)   /* of owners without a session */
#define RECHECK_NS      (1 * NS_PER_S)    /* after yielding: does the other one answer */
#define RIVAL_NS        (300 * NS_PER_MS) /* another host asks too: wait up to this */
#define FOREIGN_NS      (10 * NS_PER_S)   /* RFC 5227: DEFEND_INTERVAL */
#define DEFEND_GAP_NS   (1 * NS_PER_S)    /* against what is no speaker */
#define ASSERT_GAP_NS   (20 * NS_PER_MS)  /* against a speaker that is to yield; it doubles */
#define ASSERT_MOST_NS  (1 * NS_PER_S)    /* up to this */
#define PROVEN_NS       (150 * NS_PER_S)  /* of a speaker that is heard on the wire alone */
#define SAY_TWICE_NS    (50 * NS_PER_MS)  /* a claim on suspicion: who lives must hear it */
#define VERIFY_GAP_NS   (15 * NS_PER_MS)  /* to ask a speaker again for its word */
#define GIVE_GAP_NS     (50 * NS_PER_MS)
#define GIVE_AGAIN_NS   (10 * NS_PER_S)
#define TAKEN_NS        (1 * NS_PER_S) /* the giver may still be answering */
#define CONTEST_NS      (30 * NS_PER_S)
#define DAMP_WINDOW_NS  (60 * NS_PER_S)
#define DAMP_GAP_NS     (10 * NS_PER_S)  /* many addresses of one peer are one reason */
#define DAMP_LENGTH_NS  (600 * NS_PER_S) /* of one level */
#define ALONE_CONFIRMED (1 * NS_PER_S)

enum {
	PROBES_SUSPECT = 2, /* the peer's silence was the first sign */
	PROBES_START = 4,   /* the wire is the only witness, and nothing is lost by 40 ms more */
	DEFERRALS_MAX = 5,  /* by signs of life, without an answer on the wire */
	GIVES_MAX = 6,
	VERIFIES_MAX = 3,   /* then a frame is believed without a word */
	DENIALS_MAX = 6,    /* the interval does not grow beyond */
	STRANGERS_MAX = 3,  /* hosts that were seen once each, until they are not waited for */
	UNASKED_MAX = 6,    /* the interval does not grow beyond */
	ASSERTIONS_MAX = 6, /* the interval does not grow beyond */
	INSISTS_MAX = 5,    /* announcements against ours, until something else decides */
	CHANGES_KEPT = 3,
	LEVEL_MAX = 2,
};

struct member {
	char *name; /* owned */
	struct mac macs[OWNERSHIP_MACS_MAX];
	size_t mac_count;
	enum ownership_peer state;
	bool has_session;
	bool is_draining;
	bool is_new; /* in its hold-down, as it says itself */
	uint64_t since_ns;
	uint64_t alive_ns; /* last sign of life but for the session's */
	uint64_t asked_ns;
	uint64_t proven_ns; /* not heard of but by its announcements, which kept on coming; 0: no */
	unsigned level;     /* of damping */
	uint64_t level_ns;
};

struct claim {
	RB_ENTRY(claim) entry; /* by ip */
	RB_ENTRY(claim) due;   /* by due_ns, if that is not DUE_NEVER */
	uint64_t due_ns;
	struct ip ip;
	const uint16_t *candidates; /* behind the claim, as links are */
	size_t count;
	const unsigned *links;
	size_t link_count;
	size_t self_rank; /* count: self is none of them */
	bool can_serve;
	enum ownership_state state;
	enum ownership_why why; /* of GIVING */
	uint64_t since_ns;
	uint64_t rule_at_ns; /* when rules_due() is due, whatever else is before */
	uint16_t owner;
	uint64_t owner_ns; /* since when, if it is another */
	uint64_t heard_ns;
	uint64_t missing_ns;    /* since when there is no live owner */
	uint64_t not_before_ns; /* do not ask earlier: somebody lives after all */
	uint64_t recheck_ns;    /* ask then, whoever is believed to own it; 0: no need */
	unsigned probes;        /* sent */
	unsigned unasked;       /* in a row: could not be sent */
	unsigned deferrals;
	uint16_t target;
	unsigned gives; /* to the target */
	unsigned tried; /* heirs before it */
	uint16_t giver; /* who gave it to self */
	uint64_t given_ns;
	uint64_t defended_ns;
	bool must_assert;    /* once more, when it is due */
	unsigned assertions; /* against the rival, in a row */
	uint16_t rival;      /* another speaker that owns it */
	unsigned insisted;   /* so often it did not yield to an assertion */
	uint64_t insisted_ns;
	uint64_t two_ns;       /* when two owners were last seen; 0: never */
	uint64_t contested_ns; /* 0: it is not */
	struct mac contender;
	uint64_t contender_ns;      /* when it was first seen */
	uint64_t contender_seen_ns; /* and last */
	unsigned strangers;         /* waited for, though they were seen but once */
	struct mac asker;           /* another host that asked at the same time */
	uint64_t asker_ns;          /* 0: none */
	bool has_backed_off;        /* because of it */
	uint16_t doubted;  /* a frame says that it owns it: its own word is waited for; or NOBODY */
	unsigned verifies; /* so often it was asked */
	uint64_t word_at_ns; /* when it is asked again, or believed */
	uint16_t denied;     /* who said that it does not */
	unsigned denials;
	uint64_t denied_ns;
	uint64_t forged_ns;                /* when that was last told; 0: never */
	uint64_t changes_ns[CHANGES_KEPT]; /* the latest first */
};

RB_HEAD(claim_tree, claim);
RB_HEAD(due_tree, claim);

struct ownership {
	struct ownership_conf conf;
	struct member *members; /* owned */
	size_t member_count;
	uint16_t self;
	struct claim_tree claims; /* owned */
	size_t claim_count;
	struct due_tree due;
	struct ownership_action *actions; /* owned */
	size_t action_count;
	size_t action_taken;
	size_t action_capacity;
	uint64_t now_ns; /* of the input at hand */
	bool is_ready;
	uint64_t ready_ns;
	bool is_draining;
	bool is_leaving;
	uint64_t leave_ns; /* the bound */
	bool is_alone;
	uint64_t alone_ns; /* when it is certain; DUE_NEVER: not in question */
	uint64_t decay_ns; /* of damping; DUE_NEVER: nothing to do */
	struct ownership_counters counters;
};
