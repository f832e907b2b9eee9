-- Written by `make tables`.

CREATE TABLE absences (
	user_id CHAR(32) NOT NULL,
	since DATETIME NOT NULL,
	remark VARCHAR(200) DEFAULT '' NOT NULL,
	CONSTRAINT pk_absences PRIMARY KEY (user_id),
	CONSTRAINT fk_absences_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE answering (
	ticket_id CHAR(32) NOT NULL,
	user_id CHAR(32) NOT NULL,
	told_id CHAR(32),
	until DATETIME NOT NULL,
	CONSTRAINT pk_answering PRIMARY KEY (ticket_id),
	CONSTRAINT fk_answering_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
	CONSTRAINT fk_answering_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
	CONSTRAINT fk_answering_told_id_users FOREIGN KEY(told_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE api_keys (
	id CHAR(32) NOT NULL,
	user_id CHAR(32) NOT NULL,
	name VARCHAR(120) NOT NULL,
	prefix VARCHAR(16) NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	scope VARCHAR(32) NOT NULL,
	created_at DATETIME NOT NULL,
	last_used_at DATETIME,
	revoked_at DATETIME,
	CONSTRAINT pk_api_keys PRIMARY KEY (id),
	CONSTRAINT fk_api_keys_user_id_users FOREIGN KEY(user_id) REFERENCES users (id),
	CONSTRAINT uq_api_keys_sha256 UNIQUE (sha256)
);

CREATE TABLE attachments (
	id CHAR(32) NOT NULL,
	ticket_id CHAR(32) NOT NULL,
	message_id CHAR(32),
	filename VARCHAR(255) NOT NULL,
	content_type VARCHAR(120) NOT NULL,
	size BIGINT NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	inline BOOLEAN DEFAULT false NOT NULL,
	content_id VARCHAR(255) DEFAULT '' NOT NULL,
	uploaded_by VARCHAR(120) DEFAULT '' NOT NULL,
	user_id CHAR(32),
	created_at DATETIME NOT NULL,
	deleted_at DATETIME,
	extra JSON DEFAULT '{}' NOT NULL,
	CONSTRAINT pk_attachments PRIMARY KEY (id),
	CONSTRAINT fk_attachments_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
	CONSTRAINT fk_attachments_message_id_messages FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE,
	CONSTRAINT fk_attachments_sha256_blobs FOREIGN KEY(sha256) REFERENCES blobs (sha256),
	CONSTRAINT fk_attachments_user_id_users FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE attempts (
	"key" VARCHAR(64) NOT NULL,
	fingerprint VARCHAR(64) NOT NULL,
	result JSON NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_attempts PRIMARY KEY ("key")
);

CREATE TABLE blobs (
	sha256 VARCHAR(64) NOT NULL,
	size BIGINT NOT NULL,
	data BLOB,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_blobs PRIMARY KEY (sha256)
);

CREATE TABLE canned_replies (
	name VARCHAR(40) NOT NULL,
	body TEXT NOT NULL,
	user_id CHAR(32),
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_canned_replies PRIMARY KEY (name),
	CONSTRAINT fk_canned_replies_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL
);

CREATE TABLE cards (
	channel VARCHAR(32) NOT NULL,
	chat VARCHAR(64) NOT NULL,
	message VARCHAR(64) NOT NULL,
	ticket_id CHAR(32) NOT NULL,
	shown_version INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_cards PRIMARY KEY (channel, chat, message),
	CONSTRAINT fk_cards_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
);

CREATE TABLE changes (
	id INTEGER NOT NULL,
	ticket_id CHAR(32) NOT NULL,
	act_id CHAR(32) NOT NULL,
	user_id CHAR(32),
	person_id CHAR(32),
	actor VARCHAR(120) NOT NULL,
	field VARCHAR(64) NOT NULL,
	old TEXT,
	new TEXT,
	reason TEXT DEFAULT '' NOT NULL,
	at DATETIME NOT NULL,
	CONSTRAINT pk_changes PRIMARY KEY (id),
	CONSTRAINT fk_changes_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
	CONSTRAINT fk_changes_user_id_users FOREIGN KEY(user_id) REFERENCES users (id),
	CONSTRAINT fk_changes_person_id_people FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE TABLE counters (
	name VARCHAR(32) NOT NULL,
	value BIGINT NOT NULL,
	CONSTRAINT pk_counters PRIMARY KEY (name)
);

CREATE TABLE deliveries (
	id CHAR(32) NOT NULL,
	ticket_id CHAR(32) NOT NULL,
	message_id CHAR(32),
	participant_seq INTEGER DEFAULT '1' NOT NULL,
	channel VARCHAR(32) NOT NULL,
	kind VARCHAR(32) NOT NULL,
	address VARCHAR(254) NOT NULL,
	webhook_id CHAR(32),
	remote_id VARCHAR(255) NOT NULL,
	details JSON DEFAULT '{}' NOT NULL,
	state VARCHAR(32) NOT NULL,
	attempts INTEGER DEFAULT '0' NOT NULL,
	unknowns INTEGER DEFAULT '0' NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	due_at DATETIME NOT NULL,
	leased_until DATETIME,
	created_at DATETIME NOT NULL,
	retried_at DATETIME,
	sent_at DATETIME,
	returned_at DATETIME,
	CONSTRAINT pk_deliveries PRIMARY KEY (id),
	CONSTRAINT fk_deliveries_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
	CONSTRAINT fk_deliveries_message_id_messages FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
);

CREATE TABLE identities (
	id CHAR(32) NOT NULL,
	person_id CHAR(32) NOT NULL,
	channel VARCHAR(32) NOT NULL,
	address VARCHAR(254) NOT NULL,
	verified_at DATETIME,
	unreachable_at DATETIME,
	unreachable_reason TEXT DEFAULT '' NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_identities PRIMARY KEY (id),
	CONSTRAINT uq_identities_channel_address UNIQUE (channel, address),
	CONSTRAINT fk_identities_person_id_people FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE TABLE leases (
	name VARCHAR(64) NOT NULL,
	holder VARCHAR(64) NOT NULL,
	until DATETIME NOT NULL,
	CONSTRAINT pk_leases PRIMARY KEY (name)
);

CREATE TABLE ledger (
	id CHAR(32) NOT NULL,
	dedupe_key VARCHAR(128) NOT NULL,
	channel VARCHAR(32) NOT NULL,
	sender VARCHAR(254) NOT NULL,
	subject VARCHAR(255) DEFAULT '' NOT NULL,
	envelope JSON DEFAULT '{}' NOT NULL,
	raw_sha256 VARCHAR(64) NOT NULL,
	raw BLOB,
	size BIGINT NOT NULL,
	disposition VARCHAR(32) NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	error TEXT DEFAULT '' NOT NULL,
	ticket_id CHAR(32),
	ticket_number BIGINT,
	message_id CHAR(32),
	times_seen INTEGER DEFAULT '1' NOT NULL,
	received_at DATETIME NOT NULL,
	last_seen_at DATETIME NOT NULL,
	replayed_at DATETIME,
	content_key VARCHAR(64),
	CONSTRAINT pk_ledger PRIMARY KEY (id),
	CONSTRAINT uq_ledger_dedupe_key UNIQUE (dedupe_key),
	CONSTRAINT fk_ledger_raw_sha256_blobs FOREIGN KEY(raw_sha256) REFERENCES blobs (sha256),
	CONSTRAINT fk_ledger_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE SET NULL,
	CONSTRAINT fk_ledger_message_id_messages FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE SET NULL
);

CREATE TABLE lessons (
	id INTEGER NOT NULL,
	ticket_id CHAR(32),
	kind VARCHAR(16) NOT NULL,
	category VARCHAR(32),
	was_category VARCHAR(32),
	priority VARCHAR(32),
	was_priority VARCHAR(32),
	confidence FLOAT,
	terms JSON DEFAULT '[]' NOT NULL,
	scores JSON DEFAULT '[]' NOT NULL,
	undoes BIGINT,
	user_id CHAR(32),
	actor VARCHAR(200) NOT NULL,
	at DATETIME NOT NULL,
	CONSTRAINT pk_lessons PRIMARY KEY (id),
	CONSTRAINT fk_lessons_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
);

CREATE TABLE linked_accounts (
	channel VARCHAR(32) NOT NULL,
	address VARCHAR(64) NOT NULL,
	user_id CHAR(32) NOT NULL,
	linked_at DATETIME NOT NULL,
	CONSTRAINT pk_linked_accounts PRIMARY KEY (channel, address),
	CONSTRAINT fk_linked_accounts_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE marks (
	id CHAR(32) NOT NULL,
	subject VARCHAR(254) NOT NULL,
	kind VARCHAR(32) NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	author VARCHAR(120) DEFAULT '' NOT NULL,
	since DATETIME NOT NULL,
	until DATETIME,
	reset_at DATETIME,
	CONSTRAINT pk_marks PRIMARY KEY (id),
	CONSTRAINT uq_marks_subject_kind UNIQUE (subject, kind)
);

CREATE TABLE message_pairs (
	id CHAR(32) NOT NULL,
	message_id CHAR(32) NOT NULL,
	channel VARCHAR(32) NOT NULL,
	place VARCHAR(64) DEFAULT '' NOT NULL,
	remote_id VARCHAR(255) NOT NULL,
	part INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT pk_message_pairs PRIMARY KEY (id),
	CONSTRAINT fk_message_pairs_message_id_messages FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
);

CREATE TABLE message_versions (
	message_id CHAR(32) NOT NULL,
	version INTEGER NOT NULL,
	body TEXT NOT NULL,
	replaced_at DATETIME NOT NULL,
	CONSTRAINT pk_message_versions PRIMARY KEY (message_id, version),
	CONSTRAINT fk_message_versions_message_id_messages FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
);

CREATE TABLE messages (
	id CHAR(32) NOT NULL,
	ticket_id CHAR(32) NOT NULL,
	direction VARCHAR(32) NOT NULL,
	channel VARCHAR(32) NOT NULL,
	person_id CHAR(32),
	user_id CHAR(32),
	author VARCHAR(120) DEFAULT '' NOT NULL,
	body TEXT NOT NULL,
	new_text TEXT,
	html TEXT,
	automatic VARCHAR(200) DEFAULT '' NOT NULL,
	version INTEGER DEFAULT '1' NOT NULL,
	created_at DATETIME NOT NULL,
	edited_at DATETIME,
	deleted_at DATETIME,
	extra JSON DEFAULT '{}' NOT NULL,
	CONSTRAINT pk_messages PRIMARY KEY (id),
	CONSTRAINT fk_messages_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
	CONSTRAINT fk_messages_person_id_people FOREIGN KEY(person_id) REFERENCES people (id),
	CONSTRAINT fk_messages_user_id_users FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE participants (
	ticket_id CHAR(32) NOT NULL,
	seq INTEGER NOT NULL,
	person_id CHAR(32) NOT NULL,
	token_version INTEGER DEFAULT '1' NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_participants PRIMARY KEY (ticket_id, seq),
	CONSTRAINT uq_participants_ticket_id_person_id UNIQUE (ticket_id, person_id),
	CONSTRAINT fk_participants_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
	CONSTRAINT fk_participants_person_id_people FOREIGN KEY(person_id) REFERENCES people (id)
)
 WITHOUT ROWID

;

CREATE TABLE people (
	id CHAR(32) NOT NULL,
	name VARCHAR(120) NOT NULL,
	language VARCHAR(16) DEFAULT '' NOT NULL,
	created_at DATETIME NOT NULL,
	deleted_at DATETIME,
	extra JSON DEFAULT '{}' NOT NULL,
	CONSTRAINT pk_people PRIMARY KEY (id)
);

CREATE TABLE prompts (
	channel VARCHAR(32) NOT NULL,
	chat VARCHAR(64) NOT NULL,
	message VARCHAR(64) NOT NULL,
	asks VARCHAR(64) NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_prompts PRIMARY KEY (channel, chat, message)
);

CREATE TABLE proofs (
	id CHAR(32) NOT NULL,
	kind VARCHAR(32) NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	user_id CHAR(32),
	channel VARCHAR(32),
	address VARCHAR(64) DEFAULT '' NOT NULL,
	email VARCHAR(254) DEFAULT '' NOT NULL,
	tries INTEGER DEFAULT '0' NOT NULL,
	created_at DATETIME NOT NULL,
	expires_at DATETIME NOT NULL,
	used_at DATETIME,
	CONSTRAINT pk_proofs PRIMARY KEY (id),
	CONSTRAINT fk_proofs_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE reference_data (
	contract VARCHAR(32) NOT NULL,
	list VARCHAR(32) NOT NULL,
	id INTEGER NOT NULL,
	value VARCHAR(64) NOT NULL,
	label VARCHAR(200) NOT NULL,
	active BOOLEAN DEFAULT 1 NOT NULL,
	CONSTRAINT pk_reference_data PRIMARY KEY (contract, list, id),
	CONSTRAINT ck_reference_data_positive_id CHECK (id > 0)
);

CREATE TABLE search_queue (
	id INTEGER NOT NULL,
	number BIGINT NOT NULL,
	CONSTRAINT pk_search_queue PRIMARY KEY (id)
);

CREATE TABLE talks (
	channel VARCHAR(32) NOT NULL,
	address VARCHAR(64) NOT NULL,
	language VARCHAR(16) DEFAULT '' NOT NULL,
	ticket_id CHAR(32),
	ticket_at DATETIME,
	chosen_until DATETIME,
	awaiting JSON DEFAULT '{}' NOT NULL,
	awaiting_until DATETIME,
	album VARCHAR(64) DEFAULT '' NOT NULL,
	album_message_id CHAR(32),
	CONSTRAINT pk_talks PRIMARY KEY (channel, address),
	CONSTRAINT fk_talks_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE SET NULL,
	CONSTRAINT fk_talks_album_message_id_messages FOREIGN KEY(album_message_id) REFERENCES messages (id) ON DELETE SET NULL
);

CREATE TABLE telegram_moves (
	old VARCHAR(32) NOT NULL,
	new VARCHAR(32) NOT NULL,
	CONSTRAINT pk_telegram_moves PRIMARY KEY (old)
);

CREATE TABLE telegram_offsets (
	bot BIGINT NOT NULL,
	next_id BIGINT NOT NULL,
	moved_at DATETIME NOT NULL,
	CONSTRAINT pk_telegram_offsets PRIMARY KEY (bot)
);

CREATE TABLE telegram_postings (
	message_id CHAR(32) NOT NULL,
	chat VARCHAR(32) NOT NULL,
	tries INTEGER NOT NULL,
	tried_at DATETIME NOT NULL,
	CONSTRAINT pk_telegram_postings PRIMARY KEY (message_id, chat),
	CONSTRAINT fk_telegram_postings_message_id_messages FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
);

CREATE TABLE telegram_receipts (
	message_id CHAR(32) NOT NULL,
	chat VARCHAR(32) NOT NULL,
	remote_id VARCHAR(32) DEFAULT '' NOT NULL,
	language VARCHAR(16) NOT NULL,
	state VARCHAR(32) NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_telegram_receipts PRIMARY KEY (message_id),
	CONSTRAINT fk_telegram_receipts_message_id_messages FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
);

CREATE TABLE telegram_sayings (
	id INTEGER NOT NULL,
	"key" VARCHAR(128) NOT NULL,
	n INTEGER NOT NULL,
	chat VARCHAR(32) NOT NULL,
	content JSON NOT NULL,
	state VARCHAR(32) NOT NULL,
	parts INTEGER DEFAULT '0' NOT NULL,
	attempts INTEGER DEFAULT '0' NOT NULL,
	unknowns INTEGER DEFAULT '0' NOT NULL,
	remote_id VARCHAR(32) DEFAULT '' NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	due_at DATETIME NOT NULL,
	created_at DATETIME NOT NULL,
	sent_at DATETIME,
	CONSTRAINT pk_telegram_sayings PRIMARY KEY (id),
	CONSTRAINT uq_telegram_sayings_key_n UNIQUE ("key", n)
);

CREATE TABLE telegram_topics (
	ticket_id CHAR(32) NOT NULL,
	chat VARCHAR(64) NOT NULL,
	topic VARCHAR(64) NOT NULL,
	card VARCHAR(64) DEFAULT '' NOT NULL,
	shown_version INTEGER DEFAULT '0' NOT NULL,
	created_at DATETIME NOT NULL,
	closed_at DATETIME,
	CONSTRAINT pk_telegram_topics PRIMARY KEY (ticket_id),
	CONSTRAINT uq_telegram_topics_chat_topic UNIQUE (chat, topic),
	CONSTRAINT fk_telegram_topics_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
);

CREATE TABLE telegram_updates (
	id INTEGER NOT NULL,
	bot BIGINT NOT NULL,
	update_id BIGINT NOT NULL,
	"key" VARCHAR(128) NOT NULL,
	chat VARCHAR(32) NOT NULL,
	message VARCHAR(32) DEFAULT '' NOT NULL,
	album VARCHAR(64) DEFAULT '' NOT NULL,
	raw BLOB NOT NULL,
	received_at DATETIME NOT NULL,
	handled_at DATETIME,
	error TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_telegram_updates PRIMARY KEY (id),
	CONSTRAINT uq_telegram_updates_bot_update_id UNIQUE (bot, update_id),
	CONSTRAINT uq_telegram_updates_key UNIQUE ("key")
);

CREATE TABLE ticket_days (
    day VARCHAR NOT NULL, least INTEGER NOT NULL, most INTEGER NOT NULL, CONSTRAINT pk_ticket_days PRIMARY KEY (day)
) WITHOUT ROWID;

CREATE TABLE ticket_tags (
	ticket_id CHAR(32) NOT NULL,
	tag VARCHAR(64) NOT NULL,
	number BIGINT DEFAULT '0' NOT NULL,
	CONSTRAINT pk_ticket_tags PRIMARY KEY (ticket_id, tag),
	CONSTRAINT fk_ticket_tags_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE ticket_tallies (
    type VARCHAR NOT NULL, status VARCHAR NOT NULL, priority VARCHAR NOT NULL, category VARCHAR NOT NULL,
    channel VARCHAR NOT NULL, is_free BOOLEAN NOT NULL, tickets INTEGER NOT NULL,
    CONSTRAINT pk_ticket_tallies PRIMARY KEY (status, priority, category, channel, type, is_free)
) WITHOUT ROWID;

CREATE VIRTUAL TABLE ticket_vocabulary USING fts5vocab(ticket_words, 'row');

CREATE VIRTUAL TABLE ticket_words USING fts5(words, detail=none, columnsize=0, tokenize='ascii');

CREATE TABLE tickets (
	id CHAR(32) NOT NULL,
	number BIGINT NOT NULL,
	type VARCHAR(32) NOT NULL,
	subject VARCHAR(255) NOT NULL,
	description TEXT NOT NULL,
	status VARCHAR(32) NOT NULL,
	priority VARCHAR(32) NOT NULL,
	category VARCHAR(32) NOT NULL,
	channel VARCHAR(32) NOT NULL,
	requester_id CHAR(32) NOT NULL,
	assignee_id CHAR(32),
	embed_token VARCHAR(36),
	external_id VARCHAR(200),
	version INTEGER DEFAULT '1' NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	resolved_at DATETIME,
	closed_at DATETIME,
	deleted_at DATETIME,
	snoozed_until DATETIME,
	merged_into_id CHAR(32),
	classification_confidence FLOAT,
	classification_reasoning TEXT,
	classification_keywords JSON DEFAULT '[]' NOT NULL,
	classified_at DATETIME,
	manual_override BOOLEAN DEFAULT false NOT NULL,
	needs_review BOOLEAN DEFAULT false NOT NULL,
	possible_duplicate_of BIGINT,
	unread INTEGER DEFAULT '0' NOT NULL,
	extra JSON DEFAULT '{}' NOT NULL,
	CONSTRAINT pk_tickets PRIMARY KEY (id),
	CONSTRAINT uq_tickets_number UNIQUE (number),
	CONSTRAINT fk_tickets_requester_id_people FOREIGN KEY(requester_id) REFERENCES people (id),
	CONSTRAINT fk_tickets_assignee_id_users FOREIGN KEY(assignee_id) REFERENCES users (id),
	CONSTRAINT uq_tickets_embed_token UNIQUE (embed_token),
	CONSTRAINT uq_tickets_external_id UNIQUE (external_id),
	CONSTRAINT fk_tickets_merged_into_id_tickets FOREIGN KEY(merged_into_id) REFERENCES tickets (id)
);

CREATE TABLE tombstones (
	"key" VARCHAR(128) NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_tombstones PRIMARY KEY ("key")
);

CREATE TABLE undecided (
	id CHAR(32) NOT NULL,
	question VARCHAR(32) NOT NULL,
	channel VARCHAR(32) NOT NULL,
	address VARCHAR(64) NOT NULL,
	chat VARCHAR(64) NOT NULL,
	dedupe_key VARCHAR(128) NOT NULL,
	packed BLOB NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_undecided PRIMARY KEY (id),
	CONSTRAINT uq_undecided_dedupe_key UNIQUE (dedupe_key)
);

CREATE TABLE undoable (
	user_id CHAR(32) NOT NULL,
	ticket_id CHAR(32) NOT NULL,
	version INTEGER NOT NULL,
	"before" JSON NOT NULL,
	message_id CHAR(32),
	until DATETIME NOT NULL,
	CONSTRAINT pk_undoable PRIMARY KEY (user_id),
	CONSTRAINT fk_undoable_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
	CONSTRAINT fk_undoable_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
	CONSTRAINT fk_undoable_message_id_messages FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
);

CREATE TABLE user_numbers (
	number INTEGER NOT NULL,
	user_id CHAR(32) NOT NULL,
	CONSTRAINT pk_user_numbers PRIMARY KEY (number),
	CONSTRAINT uq_user_numbers_user_id UNIQUE (user_id),
	CONSTRAINT fk_user_numbers_user_id_users FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE users (
	id CHAR(32) NOT NULL,
	username VARCHAR(64) NOT NULL,
	name VARCHAR(120) DEFAULT '' NOT NULL,
	email VARCHAR(254) DEFAULT '' NOT NULL,
	role VARCHAR(32) NOT NULL,
	password_hash TEXT NOT NULL,
	active BOOLEAN DEFAULT 1 NOT NULL,
	token_version INTEGER DEFAULT '1' NOT NULL,
	person_id CHAR(32),
	created_at DATETIME NOT NULL,
	deleted_at DATETIME,
	extra JSON DEFAULT '{}' NOT NULL,
	CONSTRAINT pk_users PRIMARY KEY (id),
	CONSTRAINT uq_users_username UNIQUE (username),
	CONSTRAINT fk_users_person_id_people FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE TABLE webhooks (
	id CHAR(32) NOT NULL,
	url TEXT NOT NULL,
	events JSON NOT NULL,
	active BOOLEAN DEFAULT 1 NOT NULL,
	secret_version INTEGER DEFAULT '1' NOT NULL,
	failing_since DATETIME,
	disabled_reason TEXT DEFAULT '' NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_webhooks PRIMARY KEY (id)
);

CREATE INDEX ix_api_keys_user_id ON api_keys (user_id);

CREATE INDEX ix_attachments_message_id ON attachments (message_id);

CREATE INDEX ix_attachments_sha256 ON attachments (sha256);

CREATE INDEX ix_attachments_ticket_id ON attachments (ticket_id);

CREATE INDEX ix_attempts_created_at ON attempts (created_at);

CREATE INDEX ix_cards_ticket_id ON cards (ticket_id);

CREATE INDEX ix_changes_ticket_id_id ON changes (ticket_id, id);

CREATE INDEX ix_deliveries_address_kind_created_at ON deliveries (address, kind, created_at);

CREATE INDEX ix_deliveries_kind_created_at ON deliveries (kind, created_at);

CREATE INDEX ix_deliveries_message_id ON deliveries (message_id);

CREATE INDEX ix_deliveries_remote_id ON deliveries (remote_id);

CREATE INDEX ix_deliveries_state_due_at ON deliveries (state, due_at);

CREATE INDEX ix_deliveries_ticket_id ON deliveries (ticket_id);

CREATE INDEX ix_deliveries_webhook_id ON deliveries (webhook_id, id) WHERE webhook_id IS NOT NULL;

CREATE INDEX ix_identities_person_id ON identities (person_id);

CREATE UNIQUE INDEX ix_ledger_content_key ON ledger (content_key) WHERE content_key IS NOT NULL;

CREATE INDEX ix_ledger_disposition_received_at ON ledger (disposition, received_at);

CREATE INDEX ix_ledger_message_id ON ledger (message_id);

CREATE INDEX ix_ledger_raw_sha256 ON ledger (raw_sha256);

CREATE INDEX ix_ledger_received_at ON ledger (received_at);

CREATE INDEX ix_ledger_sender_received_at ON ledger (sender, received_at);

CREATE INDEX ix_ledger_ticket_id ON ledger (ticket_id);

CREATE INDEX ix_lessons_ticket_id ON lessons (ticket_id);

CREATE INDEX ix_linked_accounts_user_id ON linked_accounts (user_id);

CREATE INDEX ix_message_pairs_message_id ON message_pairs (message_id);

CREATE INDEX ix_message_pairs_remote_id_place_channel ON message_pairs (remote_id, place, channel);

CREATE INDEX ix_messages_ticket_id_created_at ON messages (ticket_id, created_at);

CREATE INDEX ix_participants_person_id ON participants (person_id) WHERE seq > 1;

CREATE INDEX ix_prompts_created_at ON prompts (created_at);

CREATE INDEX ix_proofs_channel_address_created_at ON proofs (channel, address, created_at);

CREATE INDEX ix_proofs_email_created_at ON proofs (email, created_at);

CREATE INDEX ix_proofs_sha256 ON proofs (sha256);

CREATE INDEX ix_telegram_receipts_state ON telegram_receipts (state);

CREATE INDEX ix_telegram_sayings_chat_state ON telegram_sayings (chat, state);

CREATE INDEX ix_telegram_sayings_state_due_at ON telegram_sayings (state, due_at);

CREATE INDEX ix_telegram_updates_album_chat ON telegram_updates (album, chat);

CREATE INDEX ix_telegram_updates_handled_at_id ON telegram_updates (handled_at, id);

CREATE INDEX ix_ticket_tags_tag_number ON ticket_tags (tag, number);

CREATE INDEX ix_tickets_assignee_id ON tickets (assignee_id, number, deleted_at, status);

CREATE INDEX ix_tickets_category ON tickets (category, number, status, priority, channel) WHERE deleted_at IS NULL;

CREATE INDEX ix_tickets_channel ON tickets (channel, number, status, priority) WHERE deleted_at IS NULL;

CREATE INDEX ix_tickets_created_at ON tickets (created_at, number) WHERE deleted_at IS NULL;

CREATE INDEX ix_tickets_customer_support_assigned_to ON tickets (json_extract(extra, '$.customer_support.assigned_to'), number) WHERE deleted_at IS NULL AND json_extract(extra, '$.customer_support.assigned_to') IS NOT NULL;

CREATE INDEX ix_tickets_healthcare_center_id ON tickets (json_extract(extra, '$.healthcare.center_id'), number) WHERE deleted_at IS NULL AND json_extract(extra, '$.healthcare.center_id') IS NOT NULL;

CREATE INDEX ix_tickets_healthcare_tool_id ON tickets (json_extract(extra, '$.healthcare.tool_id'), number) WHERE deleted_at IS NULL AND json_extract(extra, '$.healthcare.tool_id') IS NOT NULL;

CREATE INDEX ix_tickets_needs_review ON tickets (number) WHERE needs_review AND deleted_at IS NULL;

CREATE INDEX ix_tickets_number ON tickets (number, status, priority, category) WHERE deleted_at IS NULL;

CREATE INDEX ix_tickets_priority ON tickets (priority, number, status, category, channel) WHERE deleted_at IS NULL;

CREATE INDEX ix_tickets_requester_id ON tickets (requester_id, number, deleted_at);

CREATE INDEX ix_tickets_snoozed_until ON tickets (snoozed_until) WHERE snoozed_until IS NOT NULL;

CREATE INDEX ix_tickets_status ON tickets (status, number, priority, category, channel) WHERE deleted_at IS NULL;

CREATE INDEX ix_tickets_subject ON tickets (subject, number, status, priority, category) WHERE deleted_at IS NULL;

CREATE INDEX ix_tickets_suggestions ON tickets (type, number) WHERE type = 'suggestion' AND deleted_at IS NULL;

CREATE INDEX ix_tickets_updated_at ON tickets (updated_at, number, status, priority, category) WHERE deleted_at IS NULL;

CREATE INDEX ix_undecided_channel_address ON undecided (channel, address);

CREATE INDEX ix_undecided_created_at ON undecided (created_at);

CREATE INDEX ix_undecided_question ON undecided (question);

CREATE INDEX ix_users_person_id ON users (person_id);

CREATE TRIGGER search_changed_message AFTER UPDATE OF body, direction, deleted_at ON messages BEGIN INSERT INTO search_queue (number) SELECT number FROM tickets WHERE id = NEW.ticket_id; END;

CREATE TRIGGER search_changed_ticket AFTER UPDATE OF subject, description, deleted_at ON tickets BEGIN INSERT INTO search_queue (number) VALUES (NEW.number); END;

CREATE TRIGGER search_purged_message AFTER DELETE ON messages BEGIN INSERT INTO search_queue (number) SELECT number FROM tickets WHERE id = OLD.ticket_id; END;

CREATE TRIGGER search_purged_ticket AFTER DELETE ON tickets BEGIN INSERT INTO search_queue (number) VALUES (OLD.number); END;

CREATE TRIGGER tally_changed_ticket AFTER UPDATE OF status, priority, category, channel, type, assignee_id, deleted_at ON tickets BEGIN UPDATE ticket_tallies SET tickets = tickets - 1
    WHERE OLD.deleted_at IS NULL AND status = OLD.status AND priority = OLD.priority AND category = OLD.category
    AND channel = OLD.channel AND type = OLD.type AND is_free = (OLD.assignee_id IS NULL); INSERT INTO ticket_tallies (status, priority, category, channel, type, is_free, tickets)
    SELECT NEW.status, NEW.priority, NEW.category, NEW.channel, NEW.type, NEW.assignee_id IS NULL, 1
    WHERE NEW.deleted_at IS NULL
    ON CONFLICT (status, priority, category, channel, type, is_free) DO UPDATE SET tickets = tickets + 1; END;

CREATE TRIGGER tally_purged_ticket AFTER DELETE ON tickets BEGIN UPDATE ticket_tallies SET tickets = tickets - 1
    WHERE OLD.deleted_at IS NULL AND status = OLD.status AND priority = OLD.priority AND category = OLD.category
    AND channel = OLD.channel AND type = OLD.type AND is_free = (OLD.assignee_id IS NULL); END;

