CREATE TABLE tracker_agent (
  agent_id TEXT NOT NULL PRIMARY KEY,
  public_key TEXT NOT NULL UNIQUE,
  recovery_public_key TEXT,
  cluster_alias TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'frozen', 'revoked')),
  enrolled_at TEXT NOT NULL,
  decided_at TEXT,
  branch BIGINT NOT NULL DEFAULT 0,
  head_sequence BIGINT,
  head_proof_id TEXT,
  head_hash TEXT
  );
CREATE TABLE tracker_agent_key (
  sha256 TEXT NOT NULL PRIMARY KEY,
  agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
  number BIGINT NOT NULL,
  created_at TEXT NOT NULL,
  UNIQUE (agent_id, number)
  );
CREATE TABLE tracker_archive (
  to_size BIGINT NOT NULL PRIMARY KEY,
  from_size BIGINT NOT NULL,
  header TEXT NOT NULL,
  state TEXT NOT NULL,
  file_sha256 TEXT NOT NULL,
  restored_at TEXT
  );
CREATE TABLE tracker_category (
  board TEXT NOT NULL,
  category TEXT NOT NULL,
  proofs BIGINT NOT NULL,
  coins BIGINT NOT NULL,
  last_proof_at TEXT NOT NULL,
  PRIMARY KEY (board, category)
  );
CREATE TABLE tracker_checkpoint (
  size BIGINT NOT NULL PRIMARY KEY CHECK (size > 0),
  note TEXT NOT NULL,
  root TEXT NOT NULL,
  created_at TEXT NOT NULL
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
CREATE TABLE tracker_economy (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  holdings TEXT NOT NULL,
  rules TEXT NOT NULL,
  achievements TEXT
  , calendar TEXT, seasons TEXT);
CREATE TABLE tracker_event (
  position BIGINT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  line TEXT NOT NULL,
  occurred_at TEXT NOT NULL
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
  , entries BIGINT NOT NULL DEFAULT 0, settled BIGINT NOT NULL DEFAULT 0);
CREATE TABLE tracker_fork (
  id TEXT NOT NULL PRIMARY KEY,
  agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
  sequence BIGINT NOT NULL,
  evidence TEXT NOT NULL,
  received_at TEXT NOT NULL
  );
CREATE TABLE tracker_key_epoch (
  agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
  branch BIGINT NOT NULL,
  first_sequence BIGINT NOT NULL CHECK (first_sequence >= 0),
  public_key TEXT NOT NULL UNIQUE,
  PRIMARY KEY (agent_id, branch, first_sequence)
  );
CREATE TABLE tracker_milestone (
  size BIGINT NOT NULL PRIMARY KEY CHECK (size > 0),
  state TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  created_at TEXT NOT NULL
  );
CREATE TABLE tracker_proof (
  position INTEGER NOT NULL PRIMARY KEY,
  proof_id TEXT NOT NULL UNIQUE,
  agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
  branch BIGINT NOT NULL DEFAULT 0,
  sequence BIGINT NOT NULL CHECK (sequence >= 0),
  hash TEXT NOT NULL,
  line TEXT,
  coins BIGINT NOT NULL,
  scoring_detail TEXT,
  received_at TEXT NOT NULL,
  void TEXT CHECK (void IN ('recovery', 'revocation')),
  UNIQUE (agent_id, branch, sequence)
  );
CREATE TABLE tracker_proof_index (
  position BIGINT NOT NULL PRIMARY KEY,
  agent_id TEXT NOT NULL,
  plugin TEXT NOT NULL,
  category TEXT NOT NULL,
  status TEXT NOT NULL,
  actor_hash TEXT NOT NULL,
  board TEXT NOT NULL,
  farm_day TEXT NOT NULL
  );
CREATE TABLE tracker_request (
  number BIGINT NOT NULL PRIMARY KEY,
  request_key TEXT NOT NULL UNIQUE,
  request_sha256 TEXT NOT NULL,
  answer TEXT NOT NULL
  );
CREATE TABLE tracker_setting (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tracker_tile (
  level INTEGER NOT NULL,
  tile BIGINT NOT NULL,
  hashes TEXT NOT NULL,
  PRIMARY KEY (level, tile)
  );
CREATE TABLE tracker_village (
  url TEXT NOT NULL PRIMARY KEY,
  farmer_id TEXT NOT NULL,
  joined_at TEXT NOT NULL
  );
CREATE TABLE tracker_waiting_proof (
  agent_id TEXT NOT NULL REFERENCES tracker_agent (agent_id),
  sequence BIGINT NOT NULL CHECK (sequence >= 0),
  proof_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  line TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  next_key TEXT,
  received_at TEXT NOT NULL,
  PRIMARY KEY (agent_id, sequence)
  );
CREATE INDEX tracker_event_kind ON tracker_event (kind, position);
CREATE INDEX tracker_event_occurred ON tracker_event (occurred_at, position);
CREATE INDEX tracker_fork_agent ON tracker_fork (agent_id);
CREATE INDEX "tracker_proof_index_actor_hash" ON tracker_proof_index ("actor_hash", position);
CREATE INDEX "tracker_proof_index_agent_id" ON tracker_proof_index ("agent_id", position);
CREATE INDEX "tracker_proof_index_board" ON tracker_proof_index ("board", position);
CREATE INDEX "tracker_proof_index_category" ON tracker_proof_index ("category", position);
CREATE INDEX "tracker_proof_index_farm_day" ON tracker_proof_index ("farm_day", position);
CREATE INDEX "tracker_proof_index_plugin" ON tracker_proof_index ("plugin", position);
CREATE INDEX "tracker_proof_index_status" ON tracker_proof_index ("status", position);
CREATE INDEX tracker_proof_received ON tracker_proof (received_at, position);
CREATE INDEX tracker_waiting_proof_bytes ON tracker_waiting_proof (bytes);
