-- The public views: a contract, documented in the README. Columns are only ever added. Nothing in
-- them depends on the order in which exports were imported, except the columns imported_at,
-- last_seen_at and evaluated_at, and the log.

CREATE VIEW contract AS SELECT 1 AS version;

CREATE VIEW sites AS
SELECT
  s.name AS site,
  s.region,
  (SELECT group_concat(tag, ' ') FROM (SELECT tag FROM site_tag WHERE site_id = s.id ORDER BY tag)) AS tags,
  s.catalogue,
  (SELECT count(*) FROM device d WHERE d.site_id = s.id
    AND (d.retired_at IS NULL OR d.retired_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))) AS devices,
  (SELECT max(n.taken_at) FROM device d JOIN snapshot n ON n.device_id = d.id
    WHERE d.site_id = s.id) AS last_snapshot_at,
  s.note,
  s.pruned_before,
  s.retired_at
FROM site s;

CREATE VIEW devices AS
SELECT
  s.name AS site,
  d.name AS device,
  d.hop,
  (SELECT x.format FROM snapshot n JOIN export x ON x.id = n.export_id WHERE n.device_id = d.id
    ORDER BY n.taken_at DESC, n.sha256 DESC LIMIT 1) AS format,
  (SELECT x.product FROM snapshot n JOIN export x ON x.id = n.export_id WHERE n.device_id = d.id
    ORDER BY n.taken_at DESC, n.sha256 DESC LIMIT 1) AS product,
  (SELECT count(*) FROM snapshot n WHERE n.device_id = d.id) AS snapshots,
  (SELECT max(n.taken_at) FROM snapshot n WHERE n.device_id = d.id) AS last_snapshot_at,
  (SELECT max(g.last_imported_at) FROM sighting g WHERE g.device_id = d.id) AS last_seen_at,
  d.retired_at,
  d.replaces
FROM device d JOIN site s ON s.id = d.site_id;

CREATE VIEW snapshots AS
SELECT
  s.name AS site,
  d.name AS device,
  n.taken_at,
  n.last_taken_at,
  g.taken_at_source,
  n.sha256,
  x.format,
  x.product,
  x.importer_version,
  (SELECT count(*) FROM export_policy p WHERE p.export_id = x.id) AS scopes,
  (SELECT sum(q.rule_count) FROM export_policy p JOIN policy q ON q.id = p.policy_id
    WHERE p.export_id = x.id) AS rules,
  g.files,
  g.imported_at,
  g.last_imported_at AS last_seen_at
FROM snapshot n
JOIN export x ON x.id = n.export_id
JOIN sighting g ON g.device_id = n.device_id AND g.taken_at = n.taken_at AND g.sha256 = n.sha256
JOIN device d ON d.id = n.device_id
JOIN site s ON s.id = d.site_id;

CREATE VIEW rules_current AS
SELECT
  s.name AS site,
  d.name AS device,
  r.scope,
  r.table_name AS "table",
  r.ordinal,
  c.body ->> '$.name' AS rule,
  c.body ->> '$.action' AS action,
  c.enabled,
  c.body ->> '$.comment' AS comment,
  coalesce(c.body ->> '$.origin', 'written') AS origin,
  v.text AS vendor_id,
  r.line,
  r.pointer,
  c.body -> '$.match' AS match,
  r.rule_key,
  lower(hex(substr(c.digest, 1, 8))) AS content
FROM rule_span r
JOIN content c ON c.id = r.content_id
JOIN device d ON d.id = r.device_id
JOIN site s ON s.id = d.site_id
LEFT JOIN vendor_id v ON v.id = r.vendor_id
WHERE r.to_snapshot IS NULL;

CREATE VIEW rule_history AS
SELECT
  s.name AS site,
  d.name AS device,
  h.scope,
  h.table_name AS "table",
  c.body ->> '$.name' AS rule,
  h.change,
  f.taken_at AS from_at,
  t.taken_at AS to_at,
  c.body ->> '$.action' AS action,
  c.enabled,
  c.body -> '$.match' AS match,
  f.sha256 AS from_sha256,
  t.sha256 AS to_sha256,
  h.rule_key,
  lower(hex(substr(c.digest, 1, 8))) AS content
FROM rule_span h
JOIN content c ON c.id = h.content_id
JOIN device d ON d.id = h.device_id
JOIN site s ON s.id = d.site_id
JOIN snapshot f ON f.id = h.from_snapshot
LEFT JOIN snapshot t ON t.id = h.to_snapshot;

CREATE VIEW rule_moves AS
SELECT
  s.name AS site,
  d.name AS device,
  m.scope,
  m.table_name AS "table",
  m.rule_key,
  n.taken_at AS at,
  m.from_ordinal,
  m.to_ordinal
FROM rule_move m
JOIN device d ON d.id = m.device_id
JOIN site s ON s.id = d.site_id
JOIN snapshot n ON n.id = m.snapshot_id;

CREATE VIEW object_history AS
SELECT
  s.name AS site,
  d.name AS device,
  h.scope,
  c.body ->> '$.name' AS object,
  c.body ->> '$.kind' AS kind,
  h.change,
  f.taken_at AS from_at,
  t.taken_at AS to_at,
  c.body -> '$.list' AS members,
  h.object_key,
  lower(hex(substr(c.digest, 1, 8))) AS content
FROM object_span h
JOIN content c ON c.id = h.content_id
JOIN device d ON d.id = h.device_id
JOIN site s ON s.id = d.site_id
JOIN snapshot f ON f.id = h.from_snapshot
LEFT JOIN snapshot t ON t.id = h.to_snapshot;

-- The full-text index drives these: the cross join keeps SQLite from starting with the rules.
CREATE VIEW rule_search AS
SELECT
  s.words,
  t.name AS site,
  d.name AS device,
  r.scope,
  r.table_name AS "table",
  r.ordinal,
  c.body ->> '$.name' AS rule,
  c.body ->> '$.action' AS action,
  c.enabled,
  c.body ->> '$.comment' AS comment,
  r.line,
  r.pointer
FROM content_search s
CROSS JOIN rule_span r ON r.content_id = s.rowid AND r.to_snapshot IS NULL
JOIN content c ON c.id = s.rowid
JOIN device d ON d.id = r.device_id
JOIN site t ON t.id = d.site_id;

CREATE VIEW object_search AS
SELECT
  s.words,
  t.name AS site,
  d.name AS device,
  h.scope,
  c.body ->> '$.name' AS object,
  c.body ->> '$.kind' AS kind,
  c.body -> '$.list' AS members
FROM content_search s
CROSS JOIN object_span h ON h.content_id = s.rowid AND h.to_snapshot IS NULL
JOIN content c ON c.id = s.rowid
JOIN device d ON d.id = h.device_id
JOIN site t ON t.id = d.site_id;

CREATE VIEW catalogues AS
SELECT
  id AS catalogue,
  version,
  title,
  published,
  effective,
  built_in,
  sha256,
  (SELECT count(*) FROM requirement r WHERE r.catalogue_id = c.id AND r.catalogue_version = c.version
    AND r.level = 'required') AS required,
  (SELECT count(*) FROM requirement r WHERE r.catalogue_id = c.id AND r.catalogue_version = c.version
    AND r.level = 'advised') AS advised
FROM catalogue c;

CREATE VIEW endpoints AS
SELECT
  catalogue_id AS catalogue,
  catalogue_version AS version,
  ordinal,
  service,
  service_name,
  endpoint,
  host,
  path,
  protocol,
  port,
  level,
  inspection,
  note
FROM requirement;

CREATE VIEW compliance_current AS
SELECT
  s.name AS site,
  u.device,
  u.scope,
  u.client,
  v.catalogue_id AS catalogue,
  v.service,
  v.endpoint,
  v.port,
  v.level,
  v.verdict,
  v.reason,
  v.since_at AS since,
  v.device AS rule_device,
  CASE WHEN p.span_id IS NULL THEN v.rule ELSE p.rule END AS rule,
  v.table_name AS "table",
  CASE WHEN p.span_id IS NULL THEN v.file ELSE p.file END AS file,
  CASE WHEN p.span_id IS NULL THEN v.line ELSE p.line END AS line,
  CASE WHEN p.span_id IS NULL THEN v.pointer ELSE p.pointer END AS pointer,
  CASE WHEN p.span_id IS NULL THEN v.witness ELSE p.witness END AS witness,
  v.conditions,
  CASE WHEN p.span_id IS NULL THEN v.change_advice ELSE p.change_advice END AS change_advice,
  EXISTS (
    SELECT 1 FROM waiver w
    WHERE w.revoked_at IS NULL
      AND w.starts_at <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
      AND w.ends_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
      AND (w.site IS NULL OR w.site = s.name)
      AND (w.tag IS NULL OR EXISTS (
        SELECT 1 FROM site_tag t WHERE t.site_id = s.id AND t.tag = w.tag))
      AND (w.service IS NULL OR w.service = v.service)
      AND (w.endpoint IS NULL OR w.endpoint = v.endpoint)
      AND (w.port IS NULL OR w.port = v.port)
  ) AS waived
FROM verdict_span v
JOIN subject u ON u.id = v.subject_id
JOIN site s ON s.id = u.site_id
LEFT JOIN verdict_place p ON p.span_id = v.id
WHERE v.to_at IS NULL
  AND (s.retired_at IS NULL OR s.retired_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));

CREATE VIEW compliance_history AS
SELECT
  s.name AS site,
  u.device,
  u.scope,
  u.client,
  v.catalogue_id AS catalogue,
  v.service,
  v.endpoint,
  v.port,
  v.level,
  v.verdict,
  v.reason,
  v.previous,
  v.from_at,
  v.to_at,
  v.device AS rule_device,
  v.rule,
  v.table_name AS "table",
  v.file,
  v.line,
  v.pointer,
  v.cause,
  v.cause_detail,
  v.since_at
FROM verdict_span v
JOIN subject u ON u.id = v.subject_id
JOIN site s ON s.id = u.site_id;

-- A spell is a time in which a requirement had one verdict other than allowed, whatever rule decided.
CREATE VIEW compliance_spells AS
SELECT
  s.name AS site,
  u.device,
  u.scope,
  u.client,
  p.catalogue_id AS catalogue,
  p.service,
  p.endpoint,
  p.port,
  p.level,
  p.verdict,
  p.since_at AS from_at,
  p.ended_at AS to_at,
  p.episodes,
  (SELECT w.verdict FROM verdict_span w
    WHERE w.subject_id = p.subject_id AND w.from_at = p.ended_at AND w.endpoint = p.endpoint
      AND w.port = p.port) AS followed_by
FROM (
  SELECT subject_id, endpoint, port, verdict, since_at, max(catalogue_id) AS catalogue_id,
    max(service) AS service, max(level) AS level, count(*) AS episodes,
    CASE WHEN count(*) = count(to_at) THEN max(to_at) END AS ended_at
  FROM verdict_span
  WHERE verdict <> 'allowed'
  GROUP BY subject_id, endpoint, port, verdict, since_at
) p
JOIN subject u ON u.id = p.subject_id
JOIN site s ON s.id = u.site_id;

CREATE VIEW evaluations AS
SELECT
  s.name AS site,
  u.device,
  u.scope,
  u.client,
  e.at,
  e.catalogue_id AS catalogue,
  e.catalogue_version AS version,
  e.allowed,
  e.blocked,
  e.partial,
  e.conditional,
  e.unknown,
  e.engine,
  e.evaluated_at
FROM evaluation e
JOIN subject u ON u.id = e.subject_id
JOIN site s ON s.id = u.site_id;

CREATE VIEW findings_current AS
SELECT
  s.name AS site,
  u.device,
  u.scope,
  u.client,
  f.finding,
  f.severity,
  f.message,
  f.device AS rule_device,
  f.rule,
  f.table_name AS "table",
  f.file,
  f.line,
  f.endpoints,
  f.from_at AS since
FROM finding_span f
JOIN subject u ON u.id = f.subject_id
JOIN site s ON s.id = u.site_id
WHERE f.to_at IS NULL
  AND (s.retired_at IS NULL OR s.retired_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));

CREATE VIEW findings_history AS
SELECT
  s.name AS site,
  u.device,
  u.scope,
  u.client,
  f.finding,
  f.severity,
  f.message,
  f.device AS rule_device,
  f.rule,
  f.table_name AS "table",
  f.endpoints,
  f.from_at,
  f.to_at
FROM finding_span f
JOIN subject u ON u.id = f.subject_id
JOIN site s ON s.id = u.site_id;

CREATE VIEW waivers AS
SELECT
  id AS waiver,
  site,
  tag,
  service,
  endpoint,
  port,
  reason,
  approver,
  starts_at,
  ends_at,
  created_at,
  revoked_at,
  CASE
    WHEN revoked_at IS NOT NULL THEN 'revoked'
    WHEN ends_at <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now') THEN 'expired'
    WHEN starts_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now') THEN 'planned'
    ELSE 'active'
  END AS status
FROM waiver;

CREATE VIEW events AS
SELECT id AS event, at, kind, subject, detail, seal FROM event;
