CREATE TABLE tracker_agent (
  agent_id TEXT NOT NULL PRIMARY KEY,
  public_key TEXT NOT NULL UNIQUE,
  cluster_alias TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'revoked')),
  enrolled_at TEXT NOT NULL,
  decided_at TEXT,
  head_sequence BIGINT,
  head_proof_id TEXT,
  head_hash TEXT
  );
CREATE TABLE tracker_category (
  board TEXT NOT NULL,
  category TEXT NOT NULL,
  proofs BIGINT NOT NULL,
  coins BIGINT NOT NULL,
  last_proof_at TEXT NOT NULL,
  PRIMARY KEY (board, category)
  );
CREATE TABLE tracker_day (
  farm_day TEXT NOT NULL,
  board TEXT NOT NULL,
  category TEXT NOT NULL,
  proofs BIGINT NOT NULL,
  coins BIGINT NOT NULL,
  work BIGINT NOT NULL,
  PRIMARY KEY (farm_day, board, category)
  );
CREATE TABLE tracker_farm (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  revision BIGINT NOT NULL,
  length BIGINT NOT NULL,
  human_coins BIGINT NOT NULL,
  bot_coins BIGINT NOT NULL,
  last_active TEXT,
  updated_at TEXT NOT NULL,
  scoring_state TEXT NOT NULL
  );
CREATE TABLE tracker_proof (
  position BIGINT NOT NULL PRIMARY KEY,
  proof_id TEXT NOT NULL UNIQUE,
  agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
  sequence BIGINT NOT NULL CHECK (sequence >= 0),
  hash TEXT NOT NULL UNIQUE,
  line TEXT NOT NULL,
  coins BIGINT NOT NULL,
  scoring_detail TEXT NOT NULL,
  received_at TEXT NOT NULL,
  UNIQUE (agent_id, sequence)
  );
CREATE TABLE tracker_setting (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tracker_village (
  url TEXT NOT NULL PRIMARY KEY,
  farmer_id TEXT NOT NULL,
  joined_at TEXT NOT NULL
  );
