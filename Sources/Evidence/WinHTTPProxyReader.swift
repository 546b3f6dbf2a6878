import JSONTree

/// Reads `netsh winhttp show proxy` in any language by its structure, and the JSON of
/// `show advproxy`.
///
/// A line `label : value` whose value is `host:port` or `scheme=host:port;…` means a proxy; a report
/// without such a line means direct access. Forms: netsh of Windows 10 and 11 in English and French.
struct WinHTTPProxyReader {
  let lines: ReportLines

  static func recognises(_ lines: ReportLines) -> Bool {
    lines.lines.prefix(6).contains { ASCII.contains($0.text, "WinHTTP") }
      && !lines.contain("netsh winhttp set")
  }

  func facts() -> [EvidenceFact] {
    if let fact = advanced() { return [fact] }
    var servers: [EvidenceFact.Detail] = []
    var bypass: [String] = []
    var place = lines.lines.first { !ASCII.trimmed($0.text).isEmpty }?.number ?? 1
    for (number, text) in lines.lines {
      guard let (_, value) = ASCII.pair(text), !value.isEmpty else { continue }
      if servers.isEmpty {
        servers = Self.servers(value)
        if !servers.isEmpty { place = number }
      } else if bypass.isEmpty {
        bypass = Self.bypass(value)
      }
    }
    let hasBody = lines.lines.count { !ASCII.trimmed($0.text).isEmpty } >= 2
    let outcome: EvidenceFact.Outcome = servers.isEmpty ? (hasBody ? .direct : .unknown) : .named
    return [
      EvidenceFact(
        .winHTTPProxy, outcome, way: servers.isEmpty ? .direct : .winHTTPProxy,
        details: servers + bypass.map { EvidenceFact.Detail("bypass", $0) },
        certainty: outcome == .unknown ? .unknown : .certain, line: place)
    ]
  }

  private static func servers(_ value: String) -> [EvidenceFact.Detail] {
    let parts = value.utf8.split { $0 == 0x3B || $0 == 0x20 }
      .map { String(decoding: $0, as: UTF8.self) }
    var result: [EvidenceFact.Detail] = []
    for part in parts {
      let (scheme, server) = ASCII.pair(part, at: 0x3D) ?? ("all", part)
      guard isServer(server) else { return [] }
      result.append(EvidenceFact.Detail("server-" + scheme, server))
    }
    return result
  }

  /// `host:port`, perhaps with a scheme in front.
  private static func isServer(_ text: String) -> Bool {
    var rest = text
    if let behind = ASCII.rest(of: text, behind: "://") { rest = behind }
    guard let colon = rest.utf8.lastIndex(of: 0x3A) else { return false }
    let port = rest.utf8[rest.utf8.index(after: colon)...]
    let host = rest.utf8[..<colon]
    return !port.isEmpty && port.count <= 5 && port.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
      && !host.isEmpty
      && host.allSatisfy {
        $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 >= 0x30 && $0 <= 0x39
          || [0x2D, 0x2E, 0x5F, 0x5B, 0x5D, 0x3A].contains($0)
      }
  }

  /// Nothing where the value stands in brackets: "(none)" in any language.
  private static func bypass(_ value: String) -> [String] {
    guard value.utf8.first != 0x28 else { return [] }
    return value.split(separator: ";").map { ASCII.trimmed($0) }.filter { !$0.isEmpty }
  }

  private func advanced() -> EvidenceFact? {
    guard let start = lines.lines.firstIndex(where: { ASCII.trimmed($0.text).utf8.first == 0x7B })
    else { return nil }
    let text = lines.lines[start...].map(\.text).joined(separator: "\n")
    guard let root = try? JSONTree(Array(text.utf8)).root, root["ProxyIsEnabled"] != nil else {
      return nil
    }
    var details: [EvidenceFact.Detail] = []
    let isNamed = root["ProxyIsEnabled"]?.bool == true
    let isScript = root["AutoConfigIsEnabled"]?.bool == true
    if isNamed, let server = root["Proxy"]?.string { details += Self.servers(server) }
    if let list = root["ProxyBypass"]?.string {
      details += Self.bypass(list).map { EvidenceFact.Detail("bypass", $0) }
    }
    if isScript, let script = root["AutoconfigUrl"]?.string {
      details.append(EvidenceFact.Detail("pac", script))
    }
    var findings: [EvidenceFinding] = []
    if root["PerUserProxySettings"]?.bool == true {
      findings.append(EvidenceFinding(.perUserProxy))
    }
    let detects = root["AutoDetect"]?.bool == true
    let outcome: EvidenceFact.Outcome =
      isNamed
      ? (isScript ? .namedAndScript : .named)
      : isScript ? .script : detects ? .automatic : .direct
    let way: EvidenceFact.Way =
      isNamed ? .winHTTPProxy : isScript || detects ? .proxyScript : .direct
    return EvidenceFact(
      .winHTTPProxy, outcome, way: way, findings: findings, details: details,
      line: lines.lines[start].number)
  }
}
