import Foundation
import GRDB

enum EvaluationStore {
  /// Marks a site's verdicts from a moment on as out of date.
  static func invalidate(site: Int64, from moment: String, _ database: Database) throws {
    try database.execute(
      sql: """
        UPDATE site SET revision = revision + 1,
          stale_from = min(coalesce(stale_from, ?), ?) WHERE id = ?
        """, arguments: [moment, moment, site])
  }
}

extension InventoryDatabase {
  /// What was in force just before the first moment that must be judged anew: where exports or
  /// settings changed, where another edition of the list is in force, or another engine judges.
  package func evaluationStart(
    of site: String, edition: (version: String, from: String), engine: Int, now: String
  ) throws -> EvaluationStart {
    try read { database in
      let row = try Row.fetchOne(
        database, sql: "SELECT id, revision, stale_from, pruned_before FROM site WHERE name = ?",
        arguments: [site])
      guard let row else { throw try Self.unknownSite(site, database) }
      let id: Int64 = row["id"]
      var stale: String? = row["stale_from"]
      let judged = try Row.fetchAll(
        database,
        sql: """
          SELECT e.catalogue_version, e.engine, max(e.at) FROM evaluation e
          JOIN subject u ON u.id = e.subject_id
          JOIN verdict_span v ON v.subject_id = u.id AND v.to_at IS NULL
          WHERE u.site_id = ? GROUP BY u.id
          """, arguments: [id])
      for subject in judged {
        if subject["engine"] != engine { stale = min(stale ?? now, now) }
        if subject["catalogue_version"] != edition.version {
          stale = min(stale ?? edition.from, edition.from)
        }
      }
      if let pruned: String = row["pruned_before"], let moment = stale {
        stale = max(moment, pruned)
      }
      // What lies in the future is judged when it has come.
      guard let stale, stale <= now else {
        return EvaluationStart(revision: row["revision"], from: nil, subjects: [])
      }
      let open = try Self.openSubjects(site: id, before: stale, database)
      let end = open.isEmpty ? try Self.end(site: id, before: stale, database) : nil
      return EvaluationStart(
        revision: row["revision"], from: stale, subjects: open,
        ended: try end.map { try Self.openSubjects(site: id, before: $0, database) } ?? [],
        endedAt: end)
    }
  }

  /// When the last verdicts ended before a moment.
  private static func end(
    site: Int64, before stale: String, _ database: Database
  ) throws -> String? {
    try String.fetchOne(
      database,
      sql: """
        SELECT max(v.to_at) FROM verdict_span v JOIN subject u ON u.id = v.subject_id
        WHERE u.site_id = ? AND v.to_at < ?
        """, arguments: [site, stale])
  }

  /// The subjects with verdicts that held just before a moment.
  private static func openSubjects(
    site: Int64, before stale: String, _ database: Database
  ) throws -> [EvaluationStart.OpenSubject] {
    var result: [EvaluationStart.OpenSubject] = []
    let subjects = try Row.fetchAll(
      database,
      sql: """
        SELECT id, device, scope, client, traffic, zones, networks, family, placed_by FROM subject
        WHERE site_id = ?
        """, arguments: [site])
    for row in subjects {
      let id: Int64 = row["id"]
      let evaluation = try Row.fetchOne(
        database,
        sql: """
          SELECT digest, catalogue_id, catalogue_version, engine FROM evaluation WHERE subject_id = ? AND at < ? ORDER BY at DESC LIMIT 1
          """, arguments: [id, stale])
      guard let evaluation else { continue }
      let verdicts = try Row.fetchAll(
        database,
        sql: """
          SELECT v.*, p.span_id, p.file AS new_file, p.line AS new_line, p.pointer AS new_pointer,
            p.witness AS new_witness, p.change_advice AS new_change_advice
          FROM verdict_span v LEFT JOIN verdict_place p ON p.span_id = v.id
          WHERE v.subject_id = ? AND v.from_at < ? AND (v.to_at IS NULL OR v.to_at >= ?)
          """, arguments: [id, stale, stale]
      ).map(verdict)
      guard !verdicts.isEmpty else { continue }
      // Places of a time that is judged anew say nothing about the time before it.
      let isNewest =
        try Bool.fetchOne(
          database,
          sql: """
            SELECT NOT EXISTS (SELECT 1 FROM evaluation WHERE subject_id = ?1 AND at >= ?2)
              AND NOT EXISTS (SELECT 1 FROM verdict_span WHERE subject_id = ?1 AND to_at >= ?2)
            """, arguments: [id, stale]) ?? false
      let findings = try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM finding_span WHERE subject_id = ? AND from_at < ?
            AND (to_at IS NULL OR to_at >= ?)
          """, arguments: [id, stale, stale]
      ).map(finding)
      result.append(
        EvaluationStart.OpenSubject(
          subject: subject(row), digest: evaluation["digest"],
          catalogue: evaluation["catalogue_id"], version: evaluation["catalogue_version"],
          engine: evaluation["engine"], verdicts: verdicts, findings: findings,
          placed: isNewest ? VerdictPlaces.source(row["placed_by"]) : nil))
    }
    return result
  }

  private static func subject(_ row: Row) -> SubjectRecord {
    SubjectRecord(
      device: row["device"], scope: row["scope"], client: row["client"], traffic: row["traffic"],
      zones: StoredJSON.texts(row["zones"]), networks: StoredJSON.texts(row["networks"]),
      family: row["family"])
  }

  /// A verdict as it is placed now. Its rule is called as it was when the verdict began, since that
  /// tells whether another one begins.
  private static func verdict(_ row: Row) -> VerdictRecord {
    let placed: Int64? = row["span_id"]
    let prefix = placed == nil ? "" : "new_"
    return VerdictRecord(
      service: row["service"], endpoint: row["endpoint"], port: row["port"], level: row["level"],
      verdict: row["verdict"], reason: row["reason"], device: row["device"],
      table: row["table_name"], rule: row["rule"], file: row[prefix + "file"],
      line: row[prefix + "line"], pointer: row[prefix + "pointer"],
      witness: row[prefix + "witness"], conditions: StoredJSON.texts(row["conditions"]),
      change: row[prefix + "change_advice"])
  }

  private static func finding(_ row: Row) -> FindingRecord {
    FindingRecord(
      finding: row["finding"], severity: row["severity"], message: row["message"],
      device: row["device"], table: row["table_name"], rule: row["rule"], file: row["file"],
      line: row["line"],
      endpoints: StoredJSON.texts(row["endpoints"]))
  }

  /// Writes a site's new history in one transaction. False where something changed meanwhile and
  /// the judgement has to be made again.
  ///
  /// - Parameters:
  ///   - placed: what is open at the end, as the newest export places it.
  ///   - future: the first moment that is known and has not come yet.
  package func record(
    _ steps: [EvaluationStep], placed: [PlacedSubject], site: String, start: EvaluationStart,
    future: String? = nil, now: String
  ) throws -> Bool {
    try write { database in
      let id = try Self.siteID(site, database)
      let revision =
        try Int.fetchOne(database, sql: "SELECT revision FROM site WHERE id = ?", arguments: [id])
      guard revision == start.revision else { return false }
      if let from = start.from { try Self.rewind(id, to: from, database) }
      for step in steps { try Self.write(step, site: id, now: now, database) }
      for subject in placed { try VerdictPlaces.write(subject, site: id, database) }
      try database.execute(
        sql: "UPDATE site SET stale_from = ? WHERE id = ?", arguments: [future, id])
      // Unchanged recomputations (a setting that changes no verdict) are not worth an entry.
      let history = try VerdictSeal.digest(site: id, database)
      guard try history != VerdictSeal.sealed(site: site, database) else { return true }
      try EventChain.append(database, at: now, kind: "audit", subject: site) { writer in
        writer.member("from", steps.first?.at)
        writer.member("to", steps.last?.at)
        writer.member("evaluations", steps.count)
        writer.member("changes", steps.reduce(0) { $0 + $1.opened.count })
        writer.member("history", history)
      }
      return true
    }
  }

  /// Takes back what was judged at or after a moment.
  private static func rewind(_ site: Int64, to moment: String, _ database: Database) throws {
    let subjects = "SELECT id FROM subject WHERE site_id = ?"
    try database.execute(
      sql: "DELETE FROM evaluation WHERE at >= ? AND subject_id IN (\(subjects))",
      arguments: [moment, site])
    try database.execute(
      sql: """
        DELETE FROM verdict_place WHERE span_id IN (
          SELECT id FROM verdict_span WHERE from_at >= ? AND subject_id IN (\(subjects)))
        """, arguments: [moment, site])
    for table in ["verdict_span", "finding_span"] {
      try database.execute(
        sql: "DELETE FROM \(table) WHERE from_at >= ? AND subject_id IN (\(subjects))",
        arguments: [moment, site])
      try database.execute(
        sql: "UPDATE \(table) SET to_at = NULL WHERE to_at >= ? AND subject_id IN (\(subjects))",
        arguments: [moment, site])
    }
    try database.execute(
      sql: """
        DELETE FROM subject WHERE site_id = ?
          AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.subject_id = subject.id)
          AND NOT EXISTS (SELECT 1 FROM verdict_span v WHERE v.subject_id = subject.id)
          AND NOT EXISTS (SELECT 1 FROM finding_span f WHERE f.subject_id = subject.id)
        """, arguments: [site])
  }

  private static func write(
    _ step: EvaluationStep, site: Int64, now: String, _ database: Database
  ) throws {
    let subject = try subjectID(step.subject, site: site, database)
    let predecessor = try step.predecessor.flatMap { try knownID($0, site: site, database) }
    // A step without a digest only ends what was open.
    if !step.digest.isEmpty {
      try insertEvaluation(step, subject: subject, predecessor: predecessor, now: now, database)
    }
    var runs = try runs(before: step, site: site, database)
    let close = try database.cachedStatement(
      sql: """
        UPDATE verdict_span SET to_at = ?
        WHERE subject_id = ? AND endpoint = ? AND port = ? AND to_at IS NULL
        RETURNING id, verdict, since_at
        """)
    let forget = try database.cachedStatement(sql: "DELETE FROM verdict_place WHERE span_id = ?")
    for key in step.closed {
      let row = try Row.fetchOne(
        close, arguments: [step.at, subject, key.endpoint, key.port])
      guard let row else { continue }
      runs[key] = Run(verdict: row["verdict"], since: row["since_at"])
      // Of a verdict that ended, the history tells how it began.
      try forget.execute(arguments: [row["id"] as Int64])
    }
    let open = try database.cachedStatement(
      sql: """
        INSERT INTO verdict_span (subject_id, catalogue_id, service, endpoint, port, level, verdict,
          reason, device, table_name, rule, file, line, pointer, witness, conditions,
          change_advice, previous, from_at, since_at, cause, cause_detail)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for (verdict, cause) in step.opened {
      let run = runs[verdict.key]
      let since = run?.verdict == verdict.verdict ? run?.since : nil
      try open.execute(arguments: [
        subject, step.catalogue, verdict.service, verdict.endpoint, verdict.port, verdict.level,
        verdict.verdict, verdict.reason, verdict.device, verdict.table, verdict.rule, verdict.file,
        verdict.line, verdict.pointer, verdict.witness, StoredJSON.text(verdict.conditions),
        verdict.change, cause.previous, step.at, since ?? step.at,
        cause.kind.rawValue, cause.detail,
      ])
    }
    for finding in step.closedFindings {
      try database.cachedStatement(
        sql: """
          UPDATE finding_span SET to_at = ? WHERE subject_id = ? AND finding = ? AND severity = ?
            AND message = ? AND device IS ? AND table_name IS ? AND rule IS ? AND endpoints = ? AND to_at IS NULL
          """
      ).execute(arguments: [
        step.at, subject, finding.finding, finding.severity, finding.message, finding.device,
        finding.table, finding.rule, StoredJSON.text(finding.endpoints),
      ])
    }
    for finding in step.openedFindings {
      try database.cachedStatement(
        sql: """
          INSERT INTO finding_span (subject_id, finding, severity, message, device, table_name, rule,
            file, line, endpoints, from_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        subject, finding.finding, finding.severity, finding.message, finding.device, finding.table,
        finding.rule, finding.file, finding.line, StoredJSON.text(finding.endpoints), step.at,
      ])
    }
  }

  /// A run of equal verdicts that goes on or ends at a step.
  private struct Run {
    let verdict: String
    let since: String
  }

  /// The runs of the subject that a new one takes over from.
  private static func runs(
    before step: EvaluationStep, site: Int64, _ database: Database
  ) throws -> [VerdictRecord.Key: Run] {
    guard let key = step.predecessor else { return [:] }
    var runs: [VerdictRecord.Key: Run] = [:]
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT v.endpoint, v.port, v.verdict, v.since_at FROM verdict_span v
        JOIN subject u ON u.id = v.subject_id
        WHERE u.site_id = ?1 AND u.device = ?2 AND u.scope = ?3 AND u.client = ?4 AND u.family = ?5
          AND (v.to_at IS NULL OR v.to_at = coalesce(?7, ?6)) AND v.from_at < ?6
        """,
      arguments: [
        site, key.device, key.scope, key.client, key.family, step.at, step.gapFrom,
      ])
    for row in rows {
      runs[VerdictRecord.Key(endpoint: row["endpoint"], port: row["port"])] = Run(
        verdict: row["verdict"], since: row["since_at"])
    }
    return runs
  }

  private static func insertEvaluation(
    _ step: EvaluationStep, subject: Int64, predecessor: Int64?, now: String, _ database: Database
  ) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO evaluation (subject_id, at, catalogue_id, catalogue_version, digest, engine,
          predecessor_id, evaluated_at, allowed, blocked, partial, conditional, unknown)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      subject, step.at, step.catalogue, step.version, step.digest, step.engine, predecessor, now,
      step.counts["allowed"] ?? 0, step.counts["blocked"] ?? 0, step.counts["partial"] ?? 0,
      step.counts["conditional"] ?? 0, step.counts["unknown"] ?? 0,
    ])
  }

  /// The row of a subject; nil where there is none.
  static func knownID(
    _ key: SubjectRecord.Key, site: Int64, _ database: Database
  ) throws -> Int64? {
    try Int64.fetchOne(
      try database.cachedStatement(
        sql: """
          SELECT id FROM subject WHERE site_id = ? AND device = ? AND scope = ? AND client = ?
            AND family = ?
          """),
      arguments: [site, key.device, key.scope, key.client, key.family])
  }

  private static func subjectID(
    _ subject: SubjectRecord, site: Int64, _ database: Database
  ) throws -> Int64 {
    if let known = try knownID(subject.key, site: site, database) { return known }
    try database.execute(
      sql: """
        INSERT INTO subject (site_id, device, scope, client, traffic, zones, networks, family)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        site, subject.device, subject.scope, subject.client, subject.traffic,
        StoredJSON.text(subject.zones), StoredJSON.text(subject.networks), subject.family,
      ])
    return database.lastInsertedRowID
  }
}
