-- Tables of the inventory. They are Sallyport's own and may change with any version; the public
-- contract are the views of v0002_views.sql. Times are ISO-8601 UTC text, booleans 0 or 1, network
-- lists and the like JSON text, digests lower-case hex.

-- A place whose clients must reach the required endpoints.
CREATE TABLE site (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  region TEXT,
  note TEXT,
  -- Edition to judge against (id@version or id); null for the edition in force at the time.
  catalogue TEXT,
  created_at TEXT NOT NULL,
  -- The moment from which its verdicts must be worked out anew; null where they are up to date.
  stale_from TEXT,
  -- Counts what made verdicts stale, so that a judgement can tell that it was overtaken.
  revision INTEGER NOT NULL DEFAULT 0,
  -- Rules of before this moment were dropped; verdicts of before it are never judged again.
  pruned_before TEXT,
  -- Set when the site is closed; its history stays.
  retired_at TEXT
) STRICT;

CREATE TABLE site_tag (
  site_id INTEGER NOT NULL REFERENCES site(id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (site_id, tag)
) STRICT, WITHOUT ROWID;

-- Where the clients of a site sit, where the export's own suggestion is not to be used.
CREATE TABLE site_client (
  site_id INTEGER NOT NULL REFERENCES site(id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  from_zone TEXT,
  to_zone TEXT,
  networks TEXT CHECK (networks IS NULL OR json_valid(networks)),
  PRIMARY KEY (site_id, label)
) STRICT, WITHOUT ROWID;

-- A firewall of a site. The devices of a site are crossed in the order of hop, then name.
CREATE TABLE device (
  id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL REFERENCES site(id),
  name TEXT NOT NULL,
  hop INTEGER NOT NULL DEFAULT 1,
  -- Scope and zones on this device, where the export's suggestion is not to be used.
  scope TEXT,
  from_zone TEXT,
  to_zone TEXT,
  created_at TEXT NOT NULL,
  retired_at TEXT,
  -- Name of the device whose place it took.
  replaces TEXT,
  UNIQUE (site_id, name)
) STRICT;

-- Rules, objects and the rest of policies, each version once, by the digest of its content.
CREATE TABLE content (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('header', 'endpoint_object', 'service_object', 'rule')),
  -- Whether a rule is switched on, as its body says; 1 for all else.
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  -- Neutral JSON without positions.
  body TEXT NOT NULL
) STRICT;

CREATE INDEX content_switched_off ON content (enabled) WHERE enabled = 0;

-- One policy as it was normalised, put together from content.
CREATE TABLE policy (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  header_id INTEGER NOT NULL REFERENCES content(id),
  -- Packed lists of content ids (zlib over variable-length differences).
  endpoint_objects BLOB NOT NULL,
  service_objects BLOB NOT NULL,
  -- One list of rules a table, in the order of the header's tables.
  rules BLOB NOT NULL,
  rule_count INTEGER NOT NULL
) STRICT;

-- One export, by its bytes and by the importer that read it.
CREATE TABLE export (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL,
  importer_version INTEGER NOT NULL,
  format TEXT NOT NULL,
  product TEXT NOT NULL,
  UNIQUE (sha256, importer_version)
) STRICT;

-- The policies of an export, one a scope.
CREATE TABLE export_policy (
  export_id INTEGER NOT NULL REFERENCES export(id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  scope TEXT NOT NULL,
  policy_id INTEGER NOT NULL REFERENCES policy(id),
  -- Packed positions and numbers of vendor ids, which change without the policy changing.
  places BLOB NOT NULL,
  PRIMARY KEY (export_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX export_policy_by_policy ON export_policy (policy_id);

-- What products tell their rules apart with, by the numbers that places use.
CREATE TABLE vendor_id (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

-- Every time at which a device was seen to have an export.
CREATE TABLE sighting (
  device_id INTEGER NOT NULL REFERENCES device(id),
  taken_at TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  -- Where taken_at is from: the export, the user's option, the file's time, or the import itself.
  taken_at_source TEXT NOT NULL CHECK (taken_at_source IN ('export', 'option', 'file', 'import')),
  imported_at TEXT NOT NULL,
  last_imported_at TEXT NOT NULL,
  files TEXT NOT NULL CHECK (json_valid(files)),
  PRIMARY KEY (device_id, taken_at, sha256)
) STRICT, WITHOUT ROWID;

-- What one device's policy was: a run of sightings of the same export with no other in between.
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY,
  device_id INTEGER NOT NULL REFERENCES device(id),
  export_id INTEGER NOT NULL REFERENCES export(id),
  sha256 TEXT NOT NULL,
  -- First and last sighting of the run.
  taken_at TEXT NOT NULL,
  last_taken_at TEXT NOT NULL,
  UNIQUE (device_id, taken_at, sha256)
) STRICT;

-- How long each version of each rule was in place on a device.
CREATE TABLE rule_span (
  id INTEGER PRIMARY KEY,
  device_id INTEGER NOT NULL REFERENCES device(id),
  scope TEXT NOT NULL,
  table_name TEXT NOT NULL,
  -- What identifies the rule from snapshot to snapshot: vendor id, name, or content.
  rule_key TEXT NOT NULL,
  content_id INTEGER NOT NULL REFERENCES content(id),
  from_snapshot INTEGER NOT NULL REFERENCES snapshot(id),
  -- Null while the version is in place.
  to_snapshot INTEGER REFERENCES snapshot(id),
  -- How the version came about.
  change TEXT NOT NULL CHECK (change IN ('initial', 'added', 'edited')),
  -- Where it stands in the newest snapshot; null once it is no longer in place.
  ordinal INTEGER,
  file INTEGER,
  line INTEGER,
  pointer TEXT,
  vendor_id INTEGER REFERENCES vendor_id(id)
) STRICT;

CREATE INDEX rule_span_by_device ON rule_span (device_id, to_snapshot);
CREATE INDEX rule_span_by_content ON rule_span (content_id) WHERE to_snapshot IS NULL;

-- Rules that changed their place among the others, without a change of content.
CREATE TABLE rule_move (
  device_id INTEGER NOT NULL REFERENCES device(id),
  snapshot_id INTEGER NOT NULL REFERENCES snapshot(id),
  scope TEXT NOT NULL,
  table_name TEXT NOT NULL,
  rule_key TEXT NOT NULL,
  from_ordinal INTEGER NOT NULL,
  to_ordinal INTEGER NOT NULL,
  PRIMARY KEY (device_id, snapshot_id, scope, table_name, rule_key)
) STRICT, WITHOUT ROWID;

-- How long each version of each object was in place on a device.
CREATE TABLE object_span (
  id INTEGER PRIMARY KEY,
  device_id INTEGER NOT NULL REFERENCES device(id),
  scope TEXT NOT NULL,
  object_key TEXT NOT NULL,
  content_id INTEGER NOT NULL REFERENCES content(id),
  from_snapshot INTEGER NOT NULL REFERENCES snapshot(id),
  to_snapshot INTEGER REFERENCES snapshot(id),
  change TEXT NOT NULL CHECK (change IN ('initial', 'added', 'edited'))
) STRICT;

CREATE INDEX object_span_by_device ON object_span (device_id, to_snapshot);
CREATE INDEX object_span_by_content ON object_span (content_id) WHERE to_snapshot IS NULL;

-- Editions of lists: those of the program, and those that users import.
CREATE TABLE catalogue (
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  title TEXT NOT NULL,
  published TEXT NOT NULL,
  effective TEXT NOT NULL,
  built_in INTEGER NOT NULL CHECK (built_in IN (0, 1)),
  sha256 TEXT NOT NULL,
  body TEXT NOT NULL CHECK (json_valid(body)),
  added_at TEXT NOT NULL,
  PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;

-- One row an endpoint and port of every edition.
CREATE TABLE requirement (
  id INTEGER PRIMARY KEY,
  catalogue_id TEXT NOT NULL,
  catalogue_version TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  service TEXT NOT NULL,
  service_name TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  host TEXT NOT NULL,
  path TEXT,
  protocol TEXT NOT NULL,
  port INTEGER NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('required', 'advised')),
  inspection TEXT,
  note TEXT,
  UNIQUE (catalogue_id, catalogue_version, endpoint, port),
  FOREIGN KEY (catalogue_id, catalogue_version) REFERENCES catalogue(id, version)
) STRICT;

-- A thing that is judged over time: a client of a site, through the scopes of its devices.
CREATE TABLE subject (
  id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL REFERENCES site(id),
  device TEXT NOT NULL,
  scope TEXT NOT NULL,
  client TEXT NOT NULL,
  traffic TEXT NOT NULL,
  zones TEXT NOT NULL CHECK (json_valid(zones)),
  networks TEXT NOT NULL CHECK (json_valid(networks)),
  family TEXT NOT NULL,
  -- The exports that places of open verdicts and findings speak of, as JSON.
  placed_by TEXT,
  UNIQUE (site_id, device, scope, client, family)
) STRICT;

-- One judgement of a subject at one moment of its history.
CREATE TABLE evaluation (
  id INTEGER PRIMARY KEY,
  subject_id INTEGER NOT NULL REFERENCES subject(id),
  -- The moment from which the judged state held.
  at TEXT NOT NULL,
  catalogue_id TEXT NOT NULL,
  catalogue_version TEXT NOT NULL,
  -- Digest of the policies, the client and the edition that were judged, and of the engine.
  digest BLOB NOT NULL,
  -- Version of the engine that judged.
  engine INTEGER NOT NULL,
  -- The subject whose history goes on here, where a device, scope or zone got another name.
  predecessor_id INTEGER REFERENCES subject(id),
  evaluated_at TEXT NOT NULL,
  allowed INTEGER NOT NULL,
  blocked INTEGER NOT NULL,
  partial INTEGER NOT NULL,
  conditional INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  UNIQUE (subject_id, at)
) STRICT;

CREATE INDEX evaluation_by_predecessor ON evaluation (predecessor_id)
  WHERE predecessor_id IS NOT NULL;

-- How long a requirement had a verdict.
CREATE TABLE verdict_span (
  id INTEGER PRIMARY KEY,
  subject_id INTEGER NOT NULL REFERENCES subject(id),
  catalogue_id TEXT NOT NULL,
  service TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  port INTEGER NOT NULL,
  level TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('allowed', 'blocked', 'partial', 'conditional', 'unknown')),
  reason TEXT NOT NULL,
  -- The deciding rule, as it stood when the verdict began.
  device TEXT,
  table_name TEXT,
  rule TEXT,
  file TEXT,
  line INTEGER,
  pointer TEXT,
  witness TEXT,
  conditions TEXT NOT NULL CHECK (json_valid(conditions)),
  change_advice TEXT,
  -- The verdict before; null where there was none.
  previous TEXT,
  from_at TEXT NOT NULL,
  -- Null while the verdict holds.
  to_at TEXT,
  -- When the run of equal verdicts began of which this is an episode, whatever rule decided since.
  since_at TEXT NOT NULL,
  -- What made the verdict what it is: the first judgement, a change of rules, or of the list.
  cause TEXT NOT NULL CHECK (cause IN ('initial', 'rules', 'catalogue', 'client', 'program')),
  -- The changes themselves, as JSON: rules and objects with their positions on both sides.
  cause_detail TEXT NOT NULL CHECK (json_valid(cause_detail))
) STRICT;

-- Where an open verdict's rule stands in the newest export that was judged, with the witness and the
-- advice of then; only where that differs from what the verdict began with.
CREATE TABLE verdict_place (
  span_id INTEGER PRIMARY KEY REFERENCES verdict_span(id) ON DELETE CASCADE,
  -- A rule without a name is called by the number that the export gives it.
  rule TEXT,
  file TEXT,
  line INTEGER,
  pointer TEXT,
  witness TEXT,
  change_advice TEXT
) STRICT;

CREATE INDEX verdict_span_open ON verdict_span (subject_id, endpoint, port) WHERE to_at IS NULL;
CREATE INDEX verdict_span_by_subject ON verdict_span (subject_id, from_at);
CREATE INDEX verdict_span_by_time ON verdict_span (from_at, verdict);
CREATE INDEX verdict_span_by_endpoint ON verdict_span (endpoint, port, verdict) WHERE to_at IS NULL;

-- How long a finding stood.
CREATE TABLE finding_span (
  id INTEGER PRIMARY KEY,
  subject_id INTEGER NOT NULL REFERENCES subject(id),
  finding TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('error', 'warning', 'note')),
  message TEXT NOT NULL,
  -- The rule that it speaks of, if it does; its place is that of the newest export.
  device TEXT,
  table_name TEXT,
  rule TEXT,
  file TEXT,
  line INTEGER,
  endpoints TEXT NOT NULL CHECK (json_valid(endpoints)),
  from_at TEXT NOT NULL,
  to_at TEXT
) STRICT;

CREATE INDEX finding_span_open ON finding_span (subject_id) WHERE to_at IS NULL;

-- Accepted exceptions.
CREATE TABLE waiver (
  id INTEGER PRIMARY KEY,
  -- What is excepted; null means any, and at least one of these and one of those below must be set.
  site TEXT,
  tag TEXT,
  service TEXT,
  endpoint TEXT,
  port INTEGER,
  reason TEXT NOT NULL CHECK (length(trim(reason)) > 0),
  approver TEXT NOT NULL CHECK (length(trim(approver)) > 0),
  starts_at TEXT NOT NULL,
  ends_at TEXT NOT NULL,
  created_at TEXT NOT NULL,
  revoked_at TEXT,
  CHECK (site IS NOT NULL OR tag IS NOT NULL),
  CHECK (service IS NOT NULL OR endpoint IS NOT NULL),
  CHECK (site <> ''), CHECK (tag <> ''), CHECK (service <> ''), CHECK (endpoint <> ''),
  CHECK (ends_at > starts_at)
) STRICT;

-- Named states to compare with.
CREATE TABLE baseline (
  site_id INTEGER NOT NULL REFERENCES site(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  at TEXT NOT NULL,
  set_at TEXT NOT NULL,
  PRIMARY KEY (site_id, name)
) STRICT, WITHOUT ROWID;

-- Queries that users keep.
CREATE TABLE saved_query (
  name TEXT PRIMARY KEY,
  description TEXT NOT NULL,
  sql TEXT NOT NULL,
  saved_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Everything that was done, each entry sealed with the one before it.
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  previous TEXT NOT NULL,
  seal TEXT NOT NULL
) STRICT;

CREATE INDEX event_by_subject ON event (subject, kind);

-- Full-text search over names, comments and members of rules and objects; rowid is content.id.
CREATE VIRTUAL TABLE content_search USING fts5(words, content='', tokenize='unicode61');
