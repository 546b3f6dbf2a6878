/// Reads the keys of cloud protection and of Defender's proxies, as `.reg` files hold them and as
/// `reg query` prints them.
///
/// `SSLOptions`: 0 certificate pinning and revocation off, 1 pinning off, 2 revocation off, 3 both on
/// (the article). `SpynetReporting`: 0 off, 1 basic, 2 advanced. `SubmitSamplesConsent`: 0 always
/// prompt, 1 safe samples, 2 never, 3 all. `TelemetryProxyServer` is the proxy of Defender for
/// Endpoint's sensor alone and no WinHTTP proxy.
struct RegistryEvidenceReader {
  let lines: ReportLines

  static func recognises(_ lines: ReportLines) -> Bool {
    lines.contain("HKEY_") && (lines.contain("Windows Defender") || lines.contain("DataCollection"))
      || lines.contain("Windows Registry Editor")
  }

  private static let known = [
    "SSLOptions", "SpynetReporting", "SubmitSamplesConsent", "DisableBlockAtFirstSeen",
    "LocalSettingOverrideSpynetReporting", "ProxyServer", "ProxyPacUrl", "ProxyBypass",
    "TelemetryProxyServer", "DisableEnterpriseAuthProxy", "DisableAntiSpyware",
  ]

  func facts() -> [EvidenceFact] {
    var settings: [(name: String, value: String)] = []
    var deleted: [String] = []
    var place = 1
    for (number, line) in lines.lines {
      let text = ASCII.trimmed(line)
      if text.utf8.first == 0x3B || text.isEmpty { continue }
      guard let (name, value) = Self.value(text),
        let known = Self.known.first(where: { ASCII.equal($0, name) })
      else { continue }
      if settings.isEmpty { place = number }
      if let value {
        settings.append((known, value))
      } else {
        deleted.append(known)
      }
    }
    guard !settings.isEmpty || !deleted.isEmpty else { return [] }
    func number(_ name: String) -> Int? {
      settings.last { $0.name == name }.flatMap { Int($0.value) }
    }
    var findings: [EvidenceFinding] = []
    if number("SpynetReporting") == 0 { findings.append(EvidenceFinding(.cloudProtectionOff)) }
    switch number("SSLOptions") {
    case 0: findings.append(EvidenceFinding(.tlsChecksWeakened, "pinning, revocation"))
    case 1: findings.append(EvidenceFinding(.tlsChecksWeakened, "pinning"))
    case 2: findings.append(EvidenceFinding(.tlsChecksWeakened, "revocation"))
    default: break
    }
    if number("SubmitSamplesConsent") == 2 { findings.append(EvidenceFinding(.samplesNeverSent)) }
    if settings.contains(where: { $0.name == "ProxyServer" }) {
      findings.append(EvidenceFinding(.ownProxy))
    }
    let isOff = number("SpynetReporting") == 0
    let outcome: EvidenceFact.Outcome =
      isOff ? .notEnabled : number("SpynetReporting") == nil ? .unknown : .enabled
    return [
      EvidenceFact(
        .registry, outcome, cause: isOff ? .cloudOff : nil, remedies: isOff ? [.enableCloud] : [],
        findings: findings,
        details: settings.map { EvidenceFact.Detail($0.name, $0.value) }
          + deleted.map { EvidenceFact.Detail($0, "(deleted)") },
        certainty: outcome == .unknown ? .unknown : .certain, line: place)
    ]
  }

  /// A value of either form; `value` is nil where a `.reg` file deletes it.
  private static func value(_ text: String) -> (name: String, value: String?)? {
    if text.utf8.first == 0x22 {
      guard let (name, raw) = ASCII.pair(text, at: 0x3D) else { return nil }
      return (unquoted(name), raw == "-" ? nil : data(raw))
    }
    let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    guard words.count >= 3, let type = words.firstIndex(where: { $0.hasPrefix("REG_") }), type >= 1
    else { return nil }
    let raw = words[(type + 1)...].joined(separator: " ")
    return (words[..<type].joined(separator: " "), data(raw))
  }

  private static func data(_ raw: String) -> String {
    if let hex = ASCII.rest(of: raw, behind: "dword:"), let value = UInt32(hex, radix: 16) {
      return "\(value)"
    }
    if raw.hasPrefix("0x"), let value = UInt32(raw.dropFirst(2), radix: 16) { return "\(value)" }
    return unquoted(raw)
  }

  private static func unquoted(_ text: String) -> String {
    text.utf8.count >= 2 && text.utf8.first == 0x22 && text.utf8.last == 0x22
      ? String(text.dropFirst().dropLast()) : text
  }
}
