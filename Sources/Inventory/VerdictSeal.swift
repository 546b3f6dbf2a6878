import GRDB
import Digests

/// One digest over all that is recorded about a site's verdicts and findings.
///
/// Every audit puts it into the log, so that a verdict that somebody edits later no longer gives
/// the digest that the log vouches for. Reading a site's history whole takes a few milliseconds.
enum VerdictSeal {
  private static let parts = [
    """
    SELECT json_array('subject', u.device, u.scope, u.client, u.traffic, u.zones, u.networks,
      u.family)
    FROM subject u WHERE u.site_id = ?
      AND EXISTS (SELECT 1 FROM evaluation e WHERE e.subject_id = u.id) ORDER BY u.id
    """,
    """
    SELECT json_array('evaluation', u.device, u.scope, u.client, u.family, e.at, e.catalogue_id,
      e.catalogue_version, hex(e.digest), e.engine, e.allowed, e.blocked, e.partial, e.conditional,
      e.unknown, p.device, p.scope, p.client, p.family)
    FROM subject u JOIN evaluation e ON e.subject_id = u.id
    LEFT JOIN subject p ON p.id = e.predecessor_id
    WHERE u.site_id = ? ORDER BY u.id, e.at
    """,
    """
    SELECT json_array('verdict', u.device, u.scope, u.client, u.family, v.catalogue_id, v.service,
      v.endpoint, v.port, v.level, v.verdict, v.reason, v.device, v.table_name, v.rule, v.file,
      v.line, v.pointer, v.witness, v.conditions, v.change_advice, v.previous, v.from_at, v.to_at, v.since_at,
      v.cause, v.cause_detail)
    FROM subject u JOIN verdict_span v ON v.subject_id = u.id WHERE u.site_id = ?
    ORDER BY u.id, v.from_at, v.id
    """,
    """
    SELECT json_array('place', u.device, u.scope, u.client, u.family, v.endpoint, v.port, v.from_at,
      p.rule, p.file, p.line, p.pointer, p.witness, p.change_advice)
    FROM subject u JOIN verdict_span v ON v.subject_id = u.id
    JOIN verdict_place p ON p.span_id = v.id WHERE u.site_id = ?
    ORDER BY u.id, v.from_at, v.id
    """,
    """
    SELECT json_array('finding', u.device, u.scope, u.client, u.family, f.finding, f.severity,
      f.message, f.device, f.table_name, f.rule, f.file, f.line, f.endpoints, f.from_at, f.to_at)
    FROM subject u JOIN finding_span f ON f.subject_id = u.id WHERE u.site_id = ?
    ORDER BY u.id, f.id
    """,
  ]

  static func digest(site: Int64, _ database: Database) throws -> String {
    var text = ""
    for part in parts {
      let rows = try String.fetchCursor(
        try database.cachedStatement(sql: part), arguments: [site])
      while let row = try rows.next() {
        text += row
        text += "\n"
      }
    }
    return SHA256.hex(Array(text.utf8))
  }

  /// What the newest audit of a site in the log says; nil where it was never audited.
  static func sealed(site: String, _ database: Database) throws -> String? {
    try String.fetchOne(
      try database.cachedStatement(
        sql: """
          SELECT detail ->> '$.history' FROM event WHERE kind = 'audit' AND subject = ?
          ORDER BY id DESC LIMIT 1
          """), arguments: [site])
  }
}
