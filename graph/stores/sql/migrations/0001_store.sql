-- purpose: the tables of a Lockstep store
--
-- Times are µs since 1970 UTC; lists are JSON arrays, null where empty. A table holds the current rows, its _past twin
-- the versions that the commit `ended` replaced or deleted; `seq` is the commit that wrote a version. Nodes, stubs, posts
-- and rows draw their ids from one counter that only grows, so that ids follow commits.

CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) WITHOUT ROWID;

-- first_id: every id given from this commit on is at least this
CREATE TABLE commits (seq INTEGER PRIMARY KEY, recorded_at INTEGER NOT NULL, first_id INTEGER NOT NULL);

-- nodes other than posts; a link's domain is the id of its domain node, 0 for everything else
CREATE TABLE nodes (id INTEGER PRIMARY KEY, type INTEGER NOT NULL, domain INTEGER NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL);
CREATE UNIQUE INDEX nodes_name ON nodes (type, domain, key);

-- posts by key, also those only referred to; stubs names by id the ones that are no rows of posts
CREATE TABLE post_ids (key TEXT PRIMARY KEY, id INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE stubs (id INTEGER PRIMARY KEY, key TEXT NOT NULL);

-- a post carries the relationships that start at it (and its author); id is its node
CREATE TABLE posts (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "post" TEXT, "account" TEXT, "created_at" INTEGER, "kind" TEXT, "parent" TEXT, "text" TEXT, "lang" TEXT, "tickers" TEXT, "links" TEXT, "hashtags" TEXT);
CREATE INDEX posts_seq ON posts (seq);
CREATE TABLE posts_past (id INTEGER NOT NULL, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "post" TEXT, "account" TEXT, "created_at" INTEGER, "kind" TEXT, "parent" TEXT, "text" TEXT, "lang" TEXT, "tickers" TEXT, "links" TEXT, "hashtags" TEXT);
CREATE UNIQUE INDEX posts_past_id ON posts_past (id, seq);
CREATE INDEX posts_past_seq ON posts_past (seq, id);
CREATE INDEX posts_past_ended ON posts_past (ended);

-- relationships as seen from a node, in the order of time: slot = node id * 64 + relation code * 2 + (1 if the node is the
-- target); at is the smallest integer where undated; ref is the id of the row that made it, 0 for a post's own
CREATE TABLE edges (slot INTEGER NOT NULL, at INTEGER NOT NULL, other INTEGER NOT NULL, ref INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (slot, at, other, ref)) WITHOUT ROWID;
CREATE TABLE edges_past (slot INTEGER NOT NULL, at INTEGER NOT NULL, other INTEGER NOT NULL, ref INTEGER NOT NULL, seq INTEGER NOT NULL, ended INTEGER NOT NULL, PRIMARY KEY (slot, at, other, ref, seq)) WITHOUT ROWID;

CREATE TABLE accounts (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "account" TEXT, "observed_at" INTEGER, "handle" TEXT, "created_at" INTEGER, "verified" INTEGER, "followers" INTEGER, "lang" TEXT, "attributes" TEXT);
CREATE UNIQUE INDEX accounts_key ON accounts ("account", ifnull("observed_at", x''));
CREATE TABLE accounts_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "account" TEXT, "observed_at" INTEGER, "handle" TEXT, "created_at" INTEGER, "verified" INTEGER, "followers" INTEGER, "lang" TEXT, "attributes" TEXT);
CREATE INDEX accounts_past_key ON accounts_past ("account", "observed_at");
CREATE INDEX accounts_past_ended ON accounts_past (ended);

CREATE TABLE engagements (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "post" TEXT, "observed_at" INTEGER, "views" INTEGER, "likes" INTEGER, "reposts" INTEGER);
CREATE UNIQUE INDEX engagements_key ON engagements ("post", ifnull("observed_at", x''));
CREATE TABLE engagements_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "post" TEXT, "observed_at" INTEGER, "views" INTEGER, "likes" INTEGER, "reposts" INTEGER);
CREATE INDEX engagements_past_key ON engagements_past ("post", "observed_at");
CREATE INDEX engagements_past_ended ON engagements_past (ended);

CREATE TABLE interactions (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "interaction" TEXT, "account" TEXT, "kind" TEXT, "target_type" TEXT, "target" TEXT, "at" INTEGER, "post" TEXT);
CREATE UNIQUE INDEX interactions_key ON interactions ("interaction");
CREATE TABLE interactions_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "interaction" TEXT, "account" TEXT, "kind" TEXT, "target_type" TEXT, "target" TEXT, "at" INTEGER, "post" TEXT);
CREATE INDEX interactions_past_key ON interactions_past ("interaction");
CREATE INDEX interactions_past_ended ON interactions_past (ended);

CREATE TABLE identifiers (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "account" TEXT, "kind" TEXT, "value" TEXT, "first_seen" INTEGER, "last_seen" INTEGER);
CREATE UNIQUE INDEX identifiers_key ON identifiers ("account", "kind", "value");
CREATE TABLE identifiers_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "account" TEXT, "kind" TEXT, "value" TEXT, "first_seen" INTEGER, "last_seen" INTEGER);
CREATE INDEX identifiers_past_key ON identifiers_past ("account", "kind", "value");
CREATE INDEX identifiers_past_ended ON identifiers_past (ended);

CREATE TABLE transfers (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "transfer" TEXT, "source_type" TEXT, "source" TEXT, "target_type" TEXT, "target" TEXT, "at" INTEGER, "chain" TEXT, "asset" TEXT, "amount" TEXT, "tx" TEXT);
CREATE UNIQUE INDEX transfers_key ON transfers ("transfer");
CREATE TABLE transfers_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "transfer" TEXT, "source_type" TEXT, "source" TEXT, "target_type" TEXT, "target" TEXT, "at" INTEGER, "chain" TEXT, "asset" TEXT, "amount" TEXT, "tx" TEXT);
CREATE INDEX transfers_past_key ON transfers_past ("transfer");
CREATE INDEX transfers_past_ended ON transfers_past (ended);

CREATE TABLE labels (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "account" TEXT, "label" TEXT, "source" TEXT, "at" INTEGER, "until" INTEGER, "ring_id" TEXT);
CREATE UNIQUE INDEX labels_key ON labels ("account", "label", ifnull("source", x''), ifnull("at", x''));
CREATE TABLE labels_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "account" TEXT, "label" TEXT, "source" TEXT, "at" INTEGER, "until" INTEGER, "ring_id" TEXT);
CREATE INDEX labels_past_key ON labels_past ("account", "label", "source", "at");
CREATE INDEX labels_past_ended ON labels_past (ended);

CREATE TABLE campaigns (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "campaign_id" TEXT, "start" INTEGER, "end" INTEGER, "tickers" TEXT, "hashtags" TEXT, "links" TEXT, "sponsor" TEXT, "participants" TEXT, "disclosure_required" INTEGER);
CREATE UNIQUE INDEX campaigns_key ON campaigns ("campaign_id");
CREATE TABLE campaigns_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "campaign_id" TEXT, "start" INTEGER, "end" INTEGER, "tickers" TEXT, "hashtags" TEXT, "links" TEXT, "sponsor" TEXT, "participants" TEXT, "disclosure_required" INTEGER);
CREATE INDEX campaigns_past_key ON campaigns_past ("campaign_id");
CREATE INDEX campaigns_past_ended ON campaigns_past (ended);

CREATE TABLE verdicts (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "subject" TEXT, "outcome" TEXT, "at" INTEGER, "finding_id" TEXT, "policy" TEXT, "action" TEXT, "reversed_at" INTEGER);
CREATE UNIQUE INDEX verdicts_key ON verdicts ("subject", "outcome", "at");
CREATE TABLE verdicts_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "subject" TEXT, "outcome" TEXT, "at" INTEGER, "finding_id" TEXT, "policy" TEXT, "action" TEXT, "reversed_at" INTEGER);
CREATE INDEX verdicts_past_key ON verdicts_past ("subject", "outcome", "at");
CREATE INDEX verdicts_past_ended ON verdicts_past (ended);

CREATE TABLE account_states (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "account" TEXT, "at" INTEGER, "state" TEXT);
CREATE UNIQUE INDEX account_states_key ON account_states ("account", "at");
CREATE TABLE account_states_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "account" TEXT, "at" INTEGER, "state" TEXT);
CREATE INDEX account_states_past_key ON account_states_past ("account", "at");
CREATE INDEX account_states_past_ended ON account_states_past (ended);

CREATE TABLE post_events (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "post" TEXT, "kind" TEXT, "at" INTEGER, "text" TEXT);
CREATE UNIQUE INDEX post_events_key ON post_events ("post", "kind", "at");
CREATE TABLE post_events_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "post" TEXT, "kind" TEXT, "at" INTEGER, "text" TEXT);
CREATE INDEX post_events_past_key ON post_events_past ("post", "kind", "at");
CREATE INDEX post_events_past_ended ON post_events_past (ended);

CREATE TABLE events (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, "ticker" TEXT, "at" INTEGER, "kind" TEXT, "source" TEXT);
CREATE UNIQUE INDEX events_key ON events ("ticker", "at", "kind");
CREATE TABLE events_past (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ended INTEGER NOT NULL, "ticker" TEXT, "at" INTEGER, "kind" TEXT, "source" TEXT);
CREATE INDEX events_past_key ON events_past ("ticker", "at", "kind");
CREATE INDEX events_past_ended ON events_past (ended);

-- loads: where each has come to, and the rows that were refused
CREATE TABLE checkpoints (name TEXT PRIMARY KEY, state TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE quarantine (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, line INTEGER NOT NULL, type TEXT NOT NULL, field TEXT NOT NULL, reason TEXT NOT NULL, raw TEXT NOT NULL, options TEXT NOT NULL, digest BLOB NOT NULL);
CREATE UNIQUE INDEX quarantine_row ON quarantine (source, line, digest);

-- runs and findings are only ever added
CREATE TABLE runs (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, run TEXT NOT NULL);
CREATE TABLE findings (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, detector TEXT NOT NULL, run TEXT NOT NULL, supersedes TEXT, finding TEXT NOT NULL);
CREATE INDEX findings_supersedes ON findings (supersedes) WHERE supersedes IS NOT NULL;

-- search, up to the commit that meta remembers as `indexed`: folded names that differ from the key (and all links),
-- handles, and the folded words of posts
CREATE TABLE names (type INTEGER NOT NULL, folded TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (type, folded, id)) WITHOUT ROWID;
CREATE TABLE handles (folded TEXT NOT NULL, account TEXT NOT NULL, PRIMARY KEY (folded, account)) WITHOUT ROWID;
CREATE VIRTUAL TABLE post_words USING fts5 (words, content = '', columnsize = 0, detail = none, tokenize = 'ascii');

INSERT INTO meta VALUES ('identity', lower(hex(randomblob(16)))), ('next_id', 1), ('indexed', 0);
