import Foundation
import GRDB

/// How long a requirement had a verdict, as history tells it.
package struct VerdictInterval: Hashable, Sendable {
  package let site: String
  package let subject: SubjectRecord.Key
  package let catalogue: String
  package let service: String
  package let endpoint: String
  package let port: Int
  package let level: String
  package let verdict: String
  package let reason: String
  package let rule: String?
  package let table: String?
  package let file: String?
  package let line: Int?
  package let previous: String?
  package let from: String
  /// Nil while it lasts.
  package let to: String?
  /// When the spell began of which this is an episode: the run of equal verdicts, whatever rule
  /// decided.
  package let since: String
  package let cause: String
  /// JSON.
  package let detail: String
}

extension InventoryDatabase {
  private static let intervalColumns = """
    SELECT s.name AS site, u.device AS way, u.scope, u.client, u.family, v.catalogue_id, v.service,
      v.endpoint, v.port, v.level, v.verdict, v.reason, v.rule, v.table_name, v.file, v.line,
      v.previous, v.from_at, v.to_at, v.since_at, v.cause, v.cause_detail
    FROM verdict_span v JOIN subject u ON u.id = v.subject_id JOIN site s ON s.id = u.site_id
    """

  private static func interval(_ row: Row) -> VerdictInterval {
    VerdictInterval(
      site: row["site"],
      subject: SubjectRecord.Key(
        device: row["way"], scope: row["scope"], client: row["client"], family: row["family"]),
      catalogue: row["catalogue_id"], service: row["service"], endpoint: row["endpoint"],
      port: row["port"], level: row["level"], verdict: row["verdict"], reason: row["reason"],
      rule: row["rule"], table: row["table_name"], file: row["file"], line: row["line"],
      previous: row["previous"], from: row["from_at"], to: row["to_at"], since: row["since_at"],
      cause: row["cause"],
      detail: row["cause_detail"])
  }

  /// The verdicts of a site that held at a moment.
  package func verdicts(of site: String, at moment: String) throws -> [VerdictInterval] {
    try read { database in
      try Row.fetchAll(
        try database.cachedStatement(
          sql: Self.intervalColumns + """
             WHERE s.name = ?1 AND v.from_at <= ?2 AND (v.to_at IS NULL OR v.to_at > ?2)
            ORDER BY v.id
            """), arguments: [site, moment]
      ).map(Self.interval)
    }
  }

  /// The intervals of one requirement of a site, oldest first. `endpoint` is the list's own text;
  /// nil for all.
  package func history(of site: String, endpoint: String?, port: Int?) throws -> [VerdictInterval] {
    try read { database in
      _ = try Self.siteID(site, database)
      return try Row.fetchAll(
        database,
        sql: Self.intervalColumns + """
           WHERE s.name = ?1 AND (?2 IS NULL OR v.endpoint = ?2) AND (?3 IS NULL OR v.port = ?3)
          ORDER BY u.device, u.scope, u.client, v.endpoint, v.port, v.from_at
          """, arguments: [site, endpoint, port]
      ).map(Self.interval)
    }
  }

  /// Every verdict that got worse in a period, the newest first.
  package func worsened(
    since: String, until: String, site: String?
  ) throws -> [VerdictInterval] {
    func rank(_ column: String) -> String {
      "CASE \(column) WHEN 'allowed' THEN 0 WHEN 'conditional' THEN 1 WHEN 'unknown' THEN 2 "
        + "WHEN 'partial' THEN 3 ELSE 4 END"
    }
    // What a new edition asks for and the rules deny was never allowed, and is broken all the same.
    let worse = """
      (v.previous IS NOT NULL AND (\(rank("v.verdict"))) > (\(rank("v.previous")))
        OR v.previous IS NULL AND v.cause = 'catalogue' AND v.level = 'required'
          AND v.verdict <> 'allowed')
      """
    return try read { database in
      if let site { _ = try Self.siteID(site, database) }
      // What a reader asks is when it was over: the end of the spell, not of its first episode.
      let columns = Self.intervalColumns.replacing(
        "v.to_at, v.since_at",
        with: """
          (SELECT CASE WHEN count(*) = count(w.to_at) THEN max(w.to_at) END FROM verdict_span w
            WHERE w.subject_id = v.subject_id AND w.endpoint = v.endpoint AND w.port = v.port
              AND w.since_at = v.since_at AND w.verdict = v.verdict) AS to_at, v.since_at
          """)
      return try Row.fetchAll(
        database,
        sql: columns + """
           WHERE v.from_at >= ?1 AND v.from_at < ?2 AND \(worse)
             AND (?3 IS NULL OR s.name = ?3)
          ORDER BY v.from_at DESC, s.name, u.id, v.id
          """, arguments: [since, until, site]
      ).map(Self.interval)
    }
  }
}

extension InventoryDatabase {
  /// What a site's subjects of now were called at a moment of the past, where they took over from
  /// others since then; the others are left out.
  package func formerSubjects(
    of site: String, at moment: String, until now: String
  ) throws -> [SubjectRecord.Key: SubjectRecord.Key] {
    try read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT u.device, u.scope, u.client, u.family, p.device AS old_device,
            p.scope AS old_scope, p.client AS old_client, p.family AS old_family
          FROM evaluation e JOIN subject u ON u.id = e.subject_id
          JOIN subject p ON p.id = e.predecessor_id JOIN site s ON s.id = u.site_id
          WHERE s.name = ? AND e.at > ? AND e.at <= ? AND p.id <> u.id ORDER BY e.at DESC
          """, arguments: [site, moment, now])
      func key(_ row: Row, _ prefix: String) -> SubjectRecord.Key {
        SubjectRecord.Key(
          device: row[prefix + "device"], scope: row[prefix + "scope"],
          client: row[prefix + "client"], family: row[prefix + "family"])
      }
      var former: [SubjectRecord.Key: SubjectRecord.Key] = [:]
      for row in rows {
        let new = key(row, "")
        let old = key(row, "old_")
        let later = former.filter { $0.value == new }.map(\.key)
        for subject in later { former[subject] = old }
        if later.isEmpty, former[new] == nil { former[new] = old }
      }
      return former
    }
  }
}

/// A state of a site that was judged and recorded.
package struct EvaluatedState: Hashable, Sendable {
  package let site: String
  package let subject: SubjectRecord.Key
  package let at: String
  package let version: String
  package let digest: Data
}

extension InventoryDatabase {
  /// How many states were ever judged and are kept.
  package func evaluationCount() throws -> Int {
    try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM evaluation") ?? 0 }
  }

  /// What an engine judged, in a fixed order. States whose rules were pruned, and those that the
  /// next audit judges anew, are left out.
  package func evaluatedStates(engine: Int) throws -> [EvaluatedState] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT s.name AS site, u.device, u.scope, u.client, u.family, e.at, e.catalogue_version,
            e.digest
          FROM evaluation e JOIN subject u ON u.id = e.subject_id JOIN site s ON s.id = u.site_id
          WHERE e.engine = ? AND e.at >= coalesce(s.pruned_before, '')
            AND (s.stale_from IS NULL OR e.at < s.stale_from)
          ORDER BY e.id
          """, arguments: [engine]
      ).map { row in
        EvaluatedState(
          site: row["site"],
          subject: SubjectRecord.Key(
            device: row["device"], scope: row["scope"], client: row["client"],
            family: row["family"]), at: row["at"], version: row["catalogue_version"],
          digest: row["digest"])
      }
    }
  }
}
