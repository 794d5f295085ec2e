-- The outbox in PostgreSQL 12 and later. ${table} is the table's name, with its schema if it has one.

-- Messages that are not published yet; saved by the application's transactions, deleted by relays.
CREATE TABLE ${table} (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  partition_no SMALLINT NOT NULL,
  tenant VARCHAR(128) NOT NULL,
  route VARCHAR(128) NOT NULL,
  message_id VARCHAR(128) NOT NULL,
  message_type VARCHAR(256) NOT NULL,
  message_key VARCHAR(1024),
  headers TEXT NOT NULL,
  ttl_millis BIGINT,
  payload BYTEA NOT NULL,
  channel_payloads BYTEA,
  saved_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
  sent_alone BOOLEAN DEFAULT FALSE NOT NULL,
  call_publisher VARCHAR(64),
  call_number BIGINT
);

-- Messages that cannot be published, until somebody retries or discards them.
CREATE TABLE ${table}_failed (
  id BIGINT PRIMARY KEY,
  partition_no SMALLINT NOT NULL,
  tenant VARCHAR(128) NOT NULL,
  route VARCHAR(128) NOT NULL,
  message_id VARCHAR(128) NOT NULL,
  message_type VARCHAR(256) NOT NULL,
  message_key VARCHAR(1024),
  headers TEXT NOT NULL,
  ttl_millis BIGINT,
  payload BYTEA NOT NULL,
  channel_payloads BYTEA,
  saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
  failed_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
  reason VARCHAR(1000) NOT NULL
);

-- Which relay publishes which share of the messages, and under which numbers.
CREATE TABLE ${table}_partitions (
  partition_no SMALLINT PRIMARY KEY,
  owner VARCHAR(64),
  leased_until TIMESTAMP WITH TIME ZONE,
  publisher VARCHAR(64),
  last_call BIGINT DEFAULT 0 NOT NULL
);
INSERT INTO ${table}_partitions (partition_no)
VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15);

-- Which relays run.
CREATE TABLE ${table}_relays (
  relay VARCHAR(64) PRIMARY KEY,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL
);
