/// Reads what `MpCmdRun.exe -ValidateMapsConnection` prints, and its log with several runs.
///
/// Forms: learn.microsoft.com, the article and the MpCmdRun page; a community write-up of 2025 for the
/// network frame that newer builds print first. The messages stay English; what follows
/// `[Failed][0x…]` is in the system's language and is not read.
struct MpCmdRunReader {
  let lines: ReportLines

  static func recognises(_ lines: ReportLines) -> Bool {
    lines.contain("MpCmdRun") || lines.contain("ValidateMapsConnection")
  }

  private struct Run {
    var command = "ValidateMapsConnection"
    var at: String?
    var line: Int
    var lines: [(number: Int, text: String)] = []
  }

  /// One fact a run; in a log with several the last validation decides, and the others stay told.
  func facts() -> [EvidenceFact] {
    let runs = runs()
    let kind: EvidenceFact.SourceKind =
      runs.count > 1 ? .mpCmdRunLog : .mpCmdRun
    var facts = runs.compactMap { fact($0, kind) }
    // What failed before the last success has been repaired since.
    let lastSuccess = facts.lastIndex { $0.outcome == .connected }
    if let lastSuccess {
      for index in facts.indices where index < lastSuccess && facts[index].outcome == .notConnected
      {
        facts[index].cause = .resolvedSince
        facts[index].remedies = []
      }
    }
    return facts
  }

  private func runs() -> [Run] {
    var runs: [Run] = []
    for (number, text) in lines.lines {
      if let command = ASCII.rest(of: text, behind: "Command Line:") {
        var run = Run(line: number)
        run.command = Self.command(command) ?? run.command
        runs.append(run)
        continue
      }
      if runs.isEmpty { runs.append(Run(line: number)) }
      if let time = ASCII.rest(of: text, behind: "Start Time:") {
        runs[runs.count - 1].at = ASCII.trimmed(time)
      }
      runs[runs.count - 1].lines.append((number, text))
    }
    return runs.filter { run in
      run.lines.contains { !$0.text.utf8.allSatisfy { $0 == 0x2D || $0 == 0x20 } }
    }
  }

  /// The first word behind the program that starts with a hyphen.
  private static func command(_ text: String) -> String? {
    let words = text.split(separator: " ").map(String.init)
    return words.first { $0.utf8.first == 0x2D }.map { String($0.dropFirst()) }
  }

  private func fact(_ run: Run, _ kind: EvidenceFact.SourceKind) -> EvidenceFact? {
    let isUpdate =
      ASCII.equal(run.command, "SignatureUpdate") || has(run, "Signature Update failed")
    var error: ErrorNumber?
    var errorLine = run.line
    var details: [EvidenceFact.Detail] = []
    for (number, text) in run.lines {
      guard let found = Self.error(text), found.isFailure else {
        details += Self.network(text)
        continue
      }
      // The line with the validation's own number comes first and has its httpcode.
      if error == nil || error?.httpCode == nil && found.httpCode != nil {
        error = found
        errorLine = number
      }
    }
    func made(_ outcome: EvidenceFact.Outcome, _ line: Int) -> EvidenceFact {
      EvidenceFact(
        kind, outcome,
        subject: EvidenceFact.Subject(
          service: isUpdate ? "adl" : "maps"),
        error: outcome == .connected ? nil : error,
        details: [EvidenceFact.Detail("command", run.command)] + details, at: run.at, line: line)
    }
    if isUpdate {
      guard let error else { return made(.updated, run.line) }
      var fact = made(.updateFailed, errorLine)
      let diagnosis = Diagnosis.transport(error)
      fact.cause = diagnosis.cause
      fact.alternatives = diagnosis.alternatives
      fact.remedies = diagnosis.remedies
      fact.certainty = .likely
      return fact
    }
    if let line = line(run, "successfully established a connection to MAPS") {
      return made(.connected, line)
    }
    if let line = line(run, "Product/Feature disabled") {
      var fact = made(.notEnabled, line)
      fact.cause = .productDisabled
      fact.remedies = [.enableDefender]
      return fact
    }
    if let error {
      let diagnosis = Diagnosis(validation: error)
      var fact = made(diagnosis.outcome, errorLine)
      fact.cause = diagnosis.cause
      fact.alternatives = diagnosis.alternatives
      fact.remedies = diagnosis.remedies
      fact.certainty = diagnosis.alternatives.isEmpty ? .certain : .likely
      return fact
    }
    // "'MpCmdRun' is not recognized …" in any language: the shell quotes the word that it does not know.
    if let first = run.lines.first(where: { !$0.text.isEmpty }),
      run.lines.contains(where: { Self.quotesProgram($0.text) })
    {
      var fact = made(.notRun, first.number)
      fact.cause = .wrongFolder
      fact.remedies = [.runFromFolder]
      return fact
    }
    var fact = made(.unknown, run.line)
    fact.certainty = .unknown
    return has(run, "ValidateMapsConnection") ? fact : nil
  }

  private func has(_ run: Run, _ text: String) -> Bool { line(run, text) != nil }

  private func line(_ run: Run, _ text: String) -> Int? {
    run.lines.first { ASCII.contains($0.text, text) }?.number
  }

  private static func quotesProgram(_ text: String) -> Bool {
    for quote in ["'MpCmdRun'", "'MpCmdRun.exe'", "\"MpCmdRun\"", "\"MpCmdRun.exe\"", "« MpCmdRun"]
    where ASCII.contains(text, quote) && !ASCII.contains(text, "Command Line") {
      return true
    }
    return ASCII.contains(text, "MpCmdRun") && ASCII.contains(text, "CommandNotFoundException")
  }

  /// `(hr=0x80072F8F httpcore=451)`, `failed (800106BA)`, `[Failed][0x80004005]`, `hr = 0x80072EE7.`
  private static func error(_ text: String) -> ErrorNumber? {
    for mark in ["(hr=", "hr = ", "hr=", "failed (", "[Failed]["] {
      guard let rest = ASCII.rest(of: text, behind: mark),
        var error = ErrorNumber(parsing: ASCII.word(rest))
      else { continue }
      for name in ["httpcore=", "httpcode="] {
        if let code = ASCII.rest(of: text, behind: name) {
          error.httpCode = Int(ASCII.word(code))
        }
      }
      return error
    }
    return nil
  }

  /// What newer builds say about the network before the validation.
  private static func network(_ text: String) -> [EvidenceFact.Detail] {
    if let rest = ASCII.rest(of: text, behind: "fIsConnectedToInternet:") {
      return [EvidenceFact.Detail("internet-connected", ASCII.word(rest))]
    }
    if let rest = ASCII.rest(of: text, behind: "MpIsPaidNetwork(): hr =") {
      let isMetered = ErrorNumber(parsing: ASCII.word(rest))?.hr == 0
      return [EvidenceFact.Detail("network-metered", isMetered ? "true" : "false")]
    }
    if let rest = ASCII.rest(of: text, behind: "Last Successful MAPS connection: [") {
      let value = rest.utf8.prefix { $0 != 0x5D }
      return [
        EvidenceFact.Detail("last-successful-maps", String(decoding: value, as: UTF8.self))
      ]
    }
    return []
  }
}
