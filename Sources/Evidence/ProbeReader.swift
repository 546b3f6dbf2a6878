/// Reads what tools say that try hosts one by one: `mdatp connectivity test`, the Defender for
/// Endpoint Client Analyzer, and `Test-NetConnection`.
///
/// An answer with a status, 200 or 400, shows that the host was reached; it is no proof that cloud
/// protection works (the article). One way out that works is enough. `Test-NetConnection` knows no
/// proxy: behind one, a failure says nothing.
struct ProbeReader {
  let lines: ReportLines
  let rows: EvidenceRows

  func facts() -> [EvidenceFact] {
    let found = mdatp()
    if !found.isEmpty { return found }
    let analyzer = clientAnalyzer()
    return analyzer.isEmpty ? testNetConnection() : analyzer
  }

  /// `Testing connection with URL ... [OK]`; any other mark is not reachable, and kept.
  private func mdatp() -> [EvidenceFact] {
    lines.lines.compactMap { number, text in
      guard let rest = ASCII.rest(of: text, behind: "Testing connection with "),
        let (before, mark) = ASCII.pair(rest, at: 0x5B)
      else { return nil }
      let url = String(decoding: before.utf8.prefix { $0 != 0x20 }, as: UTF8.self)
      let word = String(decoding: mark.utf8.prefix { $0 != 0x5D }, as: UTF8.self)
      return EvidenceFact(
        .mdatp, ASCII.equal(word, "OK") ? .reachable : .notReachable,
        subject: rows.subject(url: url), details: [EvidenceFact.Detail("mark", word)],
        certainty: .certain, line: number)
    }
  }

  private func clientAnalyzer() -> [EvidenceFact] {
    var facts: [EvidenceFact] = []
    for (number, text) in lines.lines {
      if let url = ASCII.rest(of: text, behind: "Testing URL :") {
        facts.append(
          EvidenceFact(
            .clientAnalyzer, .notReachable, subject: rows.subject(url: ASCII.trimmed(url)),
            line: number))
        continue
      }
      guard !facts.isEmpty, let (label, value) = ASCII.pair(text), !value.isEmpty,
        let way = Self.ways.first(where: { ASCII.contains(label, $0.label) })
      else { continue }
      let result = Self.result(value)
      facts[facts.count - 1].details.append(EvidenceFact.Detail(way.name, result))
      if result == "reachable" {
        facts[facts.count - 1].outcome = .reachable
        if facts[facts.count - 1].way == .unknown { facts[facts.count - 1].way = way.way }
      }
    }
    return facts
  }

  private static let ways: [(label: String, name: String, way: EvidenceFact.Way)] = [
    ("Default proxy", "default-proxy", .winHTTPProxy),
    ("auto discovery", "wpad", .proxyScript), ("Proxy disabled", "direct", .direct),
    ("Named proxy", "named-proxy", .defenderProxy),
    ("Command line proxy", "command-line-proxy", .defenderProxy),
  ]

  private static func result(_ text: String) -> String {
    if ASCII.contains(text, "Succeeded") { return "reachable" }
    if ASCII.contains(text, "timed out") { return "timeout" }
    if ASCII.contains(text, "exist") { return "absent" }
    if let rest = ASCII.rest(of: text, behind: "error: (") { return "refused-" + ASCII.word(rest) }
    return "failed"
  }

  /// Names of properties stay English on every Windows; warnings above do not, and are not read.
  private func testNetConnection() -> [EvidenceFact] {
    var facts: [EvidenceFact] = []
    var block: [String: (value: String, line: Int)] = [:]
    func close() {
      defer { block = [:] }
      guard let host = block["computername"], let result = block["tcptestsucceeded"] else { return }
      let port = block["remoteport"].flatMap { Int($0.value) } ?? 443
      var details: [EvidenceFact.Detail] = []
      if let address = block["remoteaddress"]?.value {
        details.append(EvidenceFact.Detail("address", address))
      }
      if let source = block["sourceaddress"]?.value {
        details.append(EvidenceFact.Detail("source", source))
      }
      let isReached = ASCII.equal(result.value, "true")
      facts.append(
        EvidenceFact(
          .testNetConnection, isReached ? .reachable : .notReachable,
          subject: rows.subject(host: host.value, port: port), way: .direct,
          alternatives: isReached ? [] : [.proxyMissing, .blocked], details: details,
          certainty: isReached ? .certain : .likely, line: host.line))
    }
    for (number, text) in lines.lines {
      guard let (label, value) = ASCII.pair(text) else { continue }
      let name = String(decoding: ASCII.lowercased(label), as: UTF8.self)
      if name == "computername" { close() }
      block[name] = (value, number)
    }
    close()
    return facts
  }
}
