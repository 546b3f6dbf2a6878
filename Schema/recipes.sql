-- name: open-problems
-- What is not allowed right now, and since when?
SELECT site, client, endpoint, port, verdict, reason, since, rule, line
FROM compliance_current
WHERE level = 'required' AND verdict <> 'allowed' AND NOT waived
ORDER BY site, client, endpoint, port;

-- name: site-summary
-- How does each site stand?
SELECT site, count(*) AS required,
  sum(verdict = 'allowed') AS allowed,
  sum(verdict IN ('blocked', 'partial') AND NOT waived) AS broken,
  sum(verdict IN ('conditional', 'unknown') AND NOT waived) AS open,
  sum(verdict <> 'allowed' AND waived) AS waived
FROM compliance_current
WHERE level = 'required'
GROUP BY site
ORDER BY broken DESC, open DESC, site;

-- name: broken-sites
-- Which sites have something blocked, and since when at least?
SELECT site, count(*) AS broken, min(since) AS since,
  group_concat(DISTINCT service) AS services
FROM compliance_current
WHERE level = 'required' AND verdict IN ('blocked', 'partial') AND NOT waived
GROUP BY site
ORDER BY since;

-- name: state-on-date
-- What was the state of a site on a date?
SELECT client, endpoint, port, verdict, reason, rule, line
FROM compliance_history
WHERE site = :site AND from_at <= :at AND (to_at IS NULL OR to_at > :at)
ORDER BY client, endpoint, port;

-- name: got-worse
-- Which verdicts got worse since a date, and what changed them?
SELECT from_at, site, client, endpoint, port, previous, verdict, cause,
  cause_detail ->> '$.changes[0].change' AS change,
  cause_detail ->> '$.changes[0].name' AS changed,
  cause_detail ->> '$.changes[0].before.file' AS old_file,
  cause_detail ->> '$.changes[0].before.line' AS old_line,
  cause_detail ->> '$.changes[0].after.file' AS new_file,
  cause_detail ->> '$.changes[0].after.line' AS new_line
FROM compliance_history
WHERE from_at >= :since AND verdict <> 'allowed'
  AND (previous = 'allowed' OR previous IS NULL AND cause = 'catalogue' AND level = 'required')
ORDER BY from_at DESC, site, endpoint, port;

-- name: endpoint-everywhere
-- At which sites is one endpoint not allowed?
SELECT site, client, port, verdict, reason, since, rule
FROM compliance_current
WHERE endpoint = :endpoint AND verdict <> 'allowed'
ORDER BY site, client, port;

-- name: worst-endpoints
-- Which endpoints are not allowed at most sites?
SELECT endpoint, port, count(DISTINCT site) AS sites
FROM compliance_current
WHERE level = 'required' AND verdict <> 'allowed'
GROUP BY endpoint, port
ORDER BY sites DESC, endpoint, port;

-- name: bearing-rules
-- On which rules does most of it hang?
SELECT site, "table", rule, file, line, count(*) AS requirements
FROM compliance_current
WHERE level = 'required' AND verdict = 'allowed'
GROUP BY site, "table", rule, file, line
ORDER BY requirements DESC, site, rule;

-- name: conditions
-- What do the undecided verdicts hang on?
SELECT c.value AS condition, count(*) AS requirements, count(DISTINCT site) AS sites
FROM compliance_current, json_each(conditions) AS c
WHERE verdict IN ('conditional', 'partial', 'unknown')
GROUP BY c.value
ORDER BY requirements DESC, condition;

-- name: findings
-- Which findings stand, worst first?
SELECT severity, finding, count(DISTINCT site) AS sites, count(*) AS times, min(since) AS since
FROM findings_current
GROUP BY severity, finding
ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, sites DESC, finding;

-- name: broad-allows
-- Which rules let more through than the list asks for?
SELECT site, finding, "table", rule, line, message, since
FROM findings_current
WHERE finding IN ('over-broad-allow', 'shared-suffix-allow', 'overmatching-pattern')
ORDER BY site, finding, line;

-- name: list-added
-- Which endpoints does one edition have that another has not?
SELECT service_name, endpoint, port, level
FROM endpoints
WHERE catalogue = :catalogue AND version = :new
  AND (endpoint, port) NOT IN (
    SELECT endpoint, port FROM endpoints WHERE catalogue = :catalogue AND version = :old)
ORDER BY ordinal;

-- name: list-growth
-- How has the list grown from edition to edition?
SELECT catalogue, version, effective, required, advised
FROM catalogues
ORDER BY catalogue, effective;

-- name: rule-changes
-- Which rules changed at a site since a date, deletions and moves included?
SELECT from_at AS at, device, "table", rule, change, action, enabled
FROM rule_history
WHERE site = :site AND from_at >= :since AND change <> 'initial'
UNION ALL
SELECT h.to_at, h.device, h."table", h.rule, 'removed', h.action, h.enabled
FROM rule_history h
WHERE h.site = :site AND h.to_at >= :since AND NOT EXISTS (
  SELECT 1 FROM rule_history n WHERE n.site = h.site AND n.device = h.device AND n.scope = h.scope
    AND n."table" = h."table" AND n.rule_key = h.rule_key AND n.from_at = h.to_at)
UNION ALL
SELECT m.at, m.device, m."table", m.rule_key, 'moved', m.from_ordinal || ' to ' || m.to_ordinal, NULL
FROM rule_moves m
WHERE m.site = :site AND m.at >= :since
ORDER BY 1 DESC, 3, 4;

-- name: rules-on-date
-- Which rules did a device have on a date?
SELECT "table", rule, action, enabled, from_at, to_at
FROM rule_history
WHERE site = :site AND from_at <= :at AND (to_at IS NULL OR to_at > :at)
ORDER BY device, scope, "table", rule;

-- name: moved-rules
-- Which rules were moved, and from where to where?
SELECT at, site, device, "table", rule_key AS rule, from_ordinal, to_ordinal
FROM rule_moves
ORDER BY at DESC, site, device, "table", to_ordinal;

-- name: disabled-rules
-- Which allow rules are switched off?
SELECT site, device, "table", ordinal, rule, line, comment
FROM rules_current
WHERE enabled = 0 AND action = 'allow'
ORDER BY site, device, "table", ordinal;

-- name: object-changes
-- Which objects changed since a date, deletions included, and to what?
SELECT from_at AS at, site, device, object, kind, change, members
FROM object_history
WHERE from_at >= :since AND change <> 'initial'
UNION ALL
SELECT h.to_at, h.site, h.device, h.object, h.kind, 'removed', h.members
FROM object_history h
WHERE h.to_at >= :since AND NOT EXISTS (
  SELECT 1 FROM object_history n WHERE n.site = h.site AND n.device = h.device
    AND n.scope = h.scope AND n.object_key = h.object_key AND n.from_at = h.to_at)
ORDER BY 1 DESC, 2, 4;

-- name: search
-- Which rules speak of something? (names, comments, members; SQLite FTS5 syntax)
SELECT site, device, "table", ordinal, rule, action, line
FROM rule_search
WHERE words MATCH :words
ORDER BY site, device, "table", ordinal;

-- name: search-objects
-- Which objects speak of something? (names and members; SQLite FTS5 syntax)
SELECT site, device, object, kind, members
FROM object_search
WHERE words MATCH :words
ORDER BY site, device, object;

-- name: silent-devices
-- Which devices have not been seen since a date?
SELECT site, device, format, last_snapshot_at, last_seen_at
FROM devices
WHERE (retired_at IS NULL OR retired_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
  AND (last_seen_at IS NULL OR last_seen_at < :since)
ORDER BY last_seen_at, site, device;

-- name: time-to-repair
-- How long did breakages last that are repaired?
SELECT site, count(*) AS breakages,
  round(avg(julianday(to_at) - julianday(from_at)), 1) AS mean_days,
  round(max(julianday(to_at) - julianday(from_at)), 1) AS longest_days
FROM compliance_spells
WHERE level = 'required' AND verdict IN ('blocked', 'partial') AND followed_by = 'allowed'
GROUP BY site
ORDER BY mean_days DESC, site;

-- name: compliant-share
-- For which share of a period was each site allowed what it needs?
SELECT site,
  round(100.0 * sum(CASE WHEN verdict = 'allowed'
    THEN julianday(min(coalesce(to_at, :until), :until)) - julianday(max(from_at, :since))
    ELSE 0 END)
    / sum(julianday(min(coalesce(to_at, :until), :until)) - julianday(max(from_at, :since))), 2)
    AS percent
FROM compliance_history
WHERE level = 'required' AND from_at < :until AND (to_at IS NULL OR to_at > :since)
GROUP BY site
ORDER BY percent, site;

-- name: judged-with
-- With which edition of the list was each site judged, and when?
SELECT site, client, catalogue, version, min(at) AS first_at, max(at) AS last_at, count(*) AS states
FROM evaluations
GROUP BY site, client, catalogue, version
ORDER BY site, client, first_at;

-- name: waivers-ending
-- Which waivers end before a date?
SELECT waiver, site, tag, service, endpoint, port, ends_at, approver, reason
FROM waivers
WHERE status IN ('active', 'planned') AND ends_at < :until
ORDER BY ends_at, waiver;

-- name: waived-now
-- What is broken and accepted?
SELECT site, client, endpoint, port, verdict, since
FROM compliance_current
WHERE waived AND verdict <> 'allowed'
ORDER BY site, client, endpoint, port;

-- name: log
-- What was done last?
SELECT event, at, kind, subject, detail
FROM events
ORDER BY event DESC
LIMIT 20;
