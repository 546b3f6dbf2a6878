import Foundation
import GRDB
import ImportKit

/// Something whose verdicts are followed over time: a client of a site.
package struct SubjectRecord: Hashable, Sendable {
  package var device: String
  package var scope: String
  package var client: String
  package var traffic: String
  package var zones: [String]
  package var networks: [String]
  package var family: String

  /// What stays the same while networks and interfaces of the client change.
  package struct Key: Hashable, Sendable {
    package let device: String
    package let scope: String
    package let client: String
    package let family: String
  }

  package var key: Key { Key(device: device, scope: scope, client: client, family: family) }

  package init(
    device: String, scope: String, client: String, traffic: String, zones: [String],
    networks: [String], family: String
  ) {
    self.device = device
    self.scope = scope
    self.client = client
    self.traffic = traffic
    self.zones = zones
    self.networks = networks
    self.family = family
  }
}

/// One verdict as history keeps it.
package struct VerdictRecord: Hashable, Sendable {
  package var service: String
  package var endpoint: String
  package var port: Int
  package var level: String
  package var verdict: String
  package var reason: String
  package var device: String?
  package var table: String?
  package var rule: String?
  package var file: String?
  package var line: Int?
  package var pointer: String?
  package var witness: String?
  package var conditions: [String]
  package var change: String?

  package init(
    service: String, endpoint: String, port: Int, level: String, verdict: String, reason: String,
    device: String?, table: String?, rule: String?, file: String?, line: Int?, pointer: String?,
    witness: String?, conditions: [String], change: String?
  ) {
    self.service = service
    self.endpoint = endpoint
    self.port = port
    self.level = level
    self.verdict = verdict
    self.reason = reason
    self.device = device
    self.table = table
    self.rule = rule
    self.file = file
    self.line = line
    self.pointer = pointer
    self.witness = witness
    self.conditions = conditions
    self.change = change
  }

  /// What makes two verdicts two intervals: where a rule stands in its file does not.
  package func isSame(as other: VerdictRecord) -> Bool {
    verdict == other.verdict && reason == other.reason && table == other.table
      && rule == other.rule && device == other.device && level == other.level
      && service == other.service && conditions == other.conditions
  }

  package var key: Key { Key(endpoint: endpoint, port: port) }

  /// A requirement over all editions of a list.
  package struct Key: Hashable, Sendable {
    package let endpoint: String
    package let port: Int

    package init(endpoint: String, port: Int) {
      self.endpoint = endpoint
      self.port = port
    }
  }
}

/// One finding as history keeps it.
package struct FindingRecord: Hashable, Sendable {
  package var finding: String
  package var severity: String
  package var message: String
  package var table: String?
  package var rule: String?
  package var file: String?
  package var line: Int?
  package var endpoints: [String]

  package init(
    finding: String, severity: String, message: String, table: String?, rule: String?,
    file: String?, line: Int?, endpoints: [String]
  ) {
    self.finding = finding
    self.severity = severity
    self.message = message
    self.table = table
    self.rule = rule
    self.file = file
    self.line = line
    self.endpoints = endpoints
  }

  /// Findings that differ in their place in the file only are one.
  package struct Key: Hashable, Sendable {
    let finding: String
    let severity: String
    let message: String
    let table: String?
    let rule: String?
    let endpoints: [String]
  }

  package var key: Key {
    Key(
      finding: finding, severity: severity, message: message, table: table, rule: rule,
      endpoints: endpoints)
  }
}

/// Why a verdict began.
package struct VerdictCause: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case initial
    case rules
    case catalogue
    case client
    case program
  }

  package var kind: Kind
  /// JSON.
  package var detail: String
  /// The verdict before, if there was one.
  package var previous: String?

  package init(_ kind: Kind, detail: String = "{}", previous: String? = nil) {
    self.kind = kind
    self.detail = detail
    self.previous = previous
  }
}

/// What one subject's judgement at one moment changes in the history.
package struct EvaluationStep: Sendable {
  package var subject: SubjectRecord
  package var at: String
  package var catalogue: String
  package var version: String
  package var digest: Data
  package var engine: Int
  package var counts: [String: Int]
  package var closed: [VerdictRecord.Key]
  package var opened: [(VerdictRecord, VerdictCause)]
  package var closedFindings: [FindingRecord]
  package var openedFindings: [FindingRecord]

  package init(
    subject: SubjectRecord, at: String, catalogue: String, version: String, digest: Data,
    engine: Int, counts: [String: Int], closed: [VerdictRecord.Key],
    opened: [(VerdictRecord, VerdictCause)],
    closedFindings: [FindingRecord], openedFindings: [FindingRecord]
  ) {
    self.subject = subject
    self.at = at
    self.catalogue = catalogue
    self.version = version
    self.digest = digest
    self.engine = engine
    self.counts = counts
    self.closed = closed
    self.opened = opened
    self.closedFindings = closedFindings
    self.openedFindings = openedFindings
  }
}

/// Where a site's judgement stands before it goes on.
package struct EvaluationStart: Sendable {
  package let revision: Int
  /// Moments from here on are to be judged; empty where nothing was judged yet.
  package let from: String?
  package let subjects: [OpenSubject]

  package struct OpenSubject: Sendable {
    package var subject: SubjectRecord
    package var digest: Data
    package var catalogue: String
    package var version: String
    package var engine: Int
    package var verdicts: [VerdictRecord]
    package var findings: [FindingRecord]

    package init(
      subject: SubjectRecord, digest: Data, catalogue: String, version: String, engine: Int,
      verdicts: [VerdictRecord], findings: [FindingRecord]
    ) {
      self.subject = subject
      self.digest = digest
      self.catalogue = catalogue
      self.version = version
      self.engine = engine
      self.verdicts = verdicts
      self.findings = findings
    }
  }
}

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
      guard let row else { throw InventoryError(.unknownName, "there is no site `\(site)`") }
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
      guard let stale else {
        return EvaluationStart(revision: row["revision"], from: nil, subjects: [])
      }
      return EvaluationStart(
        revision: row["revision"], from: stale,
        subjects: try Self.openSubjects(site: id, before: stale, database))
    }
  }

  private static func openSubjects(
    site: Int64, before stale: String, _ database: Database
  ) throws -> [EvaluationStart.OpenSubject] {
    var result: [EvaluationStart.OpenSubject] = []
    let subjects = try Row.fetchAll(
      database,
      sql: """
        SELECT id, device, scope, client, traffic, zones, networks, family FROM subject
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
          SELECT * FROM verdict_span WHERE subject_id = ? AND from_at < ?
            AND (to_at IS NULL OR to_at >= ?)
          """, arguments: [id, stale, stale]
      ).map(verdict)
      guard !verdicts.isEmpty else { continue }
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
          engine: evaluation["engine"], verdicts: verdicts, findings: findings))
    }
    return result
  }

  private static func subject(_ row: Row) -> SubjectRecord {
    SubjectRecord(
      device: row["device"], scope: row["scope"], client: row["client"], traffic: row["traffic"],
      zones: StoredJSON.texts(row["zones"]), networks: StoredJSON.texts(row["networks"]),
      family: row["family"])
  }

  private static func verdict(_ row: Row) -> VerdictRecord {
    VerdictRecord(
      service: row["service"], endpoint: row["endpoint"], port: row["port"], level: row["level"],
      verdict: row["verdict"], reason: row["reason"], device: row["device"],
      table: row["table_name"], rule: row["rule"], file: row["file"], line: row["line"],
      pointer: row["pointer"], witness: row["witness"],
      conditions: StoredJSON.texts(row["conditions"]), change: row["change_advice"])
  }

  private static func finding(_ row: Row) -> FindingRecord {
    FindingRecord(
      finding: row["finding"], severity: row["severity"], message: row["message"],
      table: row["table_name"], rule: row["rule"], file: row["file"], line: row["line"],
      endpoints: StoredJSON.texts(row["endpoints"]))
  }

  /// Writes a site's new history in one transaction. False where something changed meanwhile and
  /// the judgement has to be made again.
  package func record(
    _ steps: [EvaluationStep], site: String, start: EvaluationStart, now: String
  ) throws -> Bool {
    try write { database in
      let id = try Self.siteID(site, database)
      let revision =
        try Int.fetchOne(database, sql: "SELECT revision FROM site WHERE id = ?", arguments: [id])
      guard revision == start.revision else { return false }
      if let from = start.from { try Self.rewind(id, to: from, database) }
      for step in steps { try Self.write(step, site: id, now: now, database) }
      try database.execute(sql: "UPDATE site SET stale_from = NULL WHERE id = ?", arguments: [id])
      if !steps.isEmpty {
        try EventChain.append(database, at: now, kind: "audit", subject: site) { writer in
          writer.member("from", steps.first?.at)
          writer.member("to", steps.last?.at)
          writer.member("evaluations", steps.count)
          writer.member("changes", steps.reduce(0) { $0 + $1.opened.count })
          writer.member("digest", Self.digest(steps))
        }
      }
      return true
    }
  }

  /// One digest over everything that an audit found, so that its entry in the log seals it.
  private static func digest(_ steps: [EvaluationStep]) -> String {
    var text = ""
    for step in steps {
      text += "\(step.subject) \(step.at) \(step.version)\n"
      for (verdict, cause) in step.opened { text += "\(verdict) \(cause)\n" }
    }
    return ExportDigest.sha256(Array(text.utf8))
  }

  /// Takes back what was judged at or after a moment.
  private static func rewind(_ site: Int64, to moment: String, _ database: Database) throws {
    let subjects = "SELECT id FROM subject WHERE site_id = ?"
    try database.execute(
      sql: "DELETE FROM evaluation WHERE at >= ? AND subject_id IN (\(subjects))",
      arguments: [moment, site])
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
    // A step without a digest only ends what was open.
    if !step.digest.isEmpty { try insertEvaluation(step, subject: subject, now: now, database) }
    let close = try database.cachedStatement(
      sql: """
        UPDATE verdict_span SET to_at = ?
        WHERE subject_id = ? AND endpoint = ? AND port = ? AND to_at IS NULL
        """)
    for key in step.closed {
      try close.execute(arguments: [step.at, subject, key.endpoint, key.port])
    }
    let open = try database.cachedStatement(
      sql: """
        INSERT INTO verdict_span (subject_id, catalogue_id, service, endpoint, port, level, verdict,
          reason, device, table_name, rule, file, line, pointer, witness, conditions,
          change_advice, previous, from_at, cause, cause_detail)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for (verdict, cause) in step.opened {
      try open.execute(arguments: [
        subject, step.catalogue, verdict.service, verdict.endpoint, verdict.port, verdict.level,
        verdict.verdict, verdict.reason, verdict.device, verdict.table, verdict.rule, verdict.file,
        verdict.line, verdict.pointer, verdict.witness, StoredJSON.text(verdict.conditions),
        verdict.change, cause.previous, step.at, cause.kind.rawValue, cause.detail,
      ])
    }
    for finding in step.closedFindings {
      try database.cachedStatement(
        sql: """
          UPDATE finding_span SET to_at = ? WHERE subject_id = ? AND finding = ? AND severity = ?
            AND message = ? AND table_name IS ? AND rule IS ? AND endpoints = ? AND to_at IS NULL
          """
      ).execute(arguments: [
        step.at, subject, finding.finding, finding.severity, finding.message, finding.table,
        finding.rule, StoredJSON.text(finding.endpoints),
      ])
    }
    for finding in step.openedFindings {
      try database.cachedStatement(
        sql: """
          INSERT INTO finding_span (subject_id, finding, severity, message, table_name, rule, file,
            line, endpoints, from_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        subject, finding.finding, finding.severity, finding.message, finding.table, finding.rule,
        finding.file, finding.line, StoredJSON.text(finding.endpoints), step.at,
      ])
    }
  }

  private static func insertEvaluation(
    _ step: EvaluationStep, subject: Int64, now: String, _ database: Database
  ) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO evaluation (subject_id, at, catalogue_id, catalogue_version, digest, engine,
          evaluated_at, allowed, blocked, partial, conditional, unknown)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      subject, step.at, step.catalogue, step.version, step.digest, step.engine, now,
      step.counts["allowed"] ?? 0, step.counts["blocked"] ?? 0, step.counts["partial"] ?? 0,
      step.counts["conditional"] ?? 0, step.counts["unknown"] ?? 0,
    ])
  }

  private static func subjectID(
    _ subject: SubjectRecord, site: Int64, _ database: Database
  ) throws -> Int64 {
    let known = try Int64.fetchOne(
      try database.cachedStatement(
        sql: """
          SELECT id FROM subject WHERE site_id = ? AND device = ? AND scope = ? AND client = ?
            AND family = ?
          """),
      arguments: [site, subject.device, subject.scope, subject.client, subject.family])
    if let known { return known }
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
