import ImportKit
import JSONTree

/// Reads `Get-MpComputerStatus` and `Get-MpPreference`, as JSON of either PowerShell and as the list
/// that a console shows.
///
/// Windows PowerShell 5.1 writes dates as `\/Date(milliseconds)\/`, PowerShell 7 as ISO 8601. Only
/// the settings below are taken over: exclusions and paths of users are not.
struct PowerShellEvidenceReader {
  private let values: [(name: String, value: String)]
  private let line: Int

  private static let wanted = [
    "AMRunningMode", "AMServiceEnabled", "AntivirusEnabled", "AntivirusSignatureAge",
    "AntivirusSignatureLastUpdated", "AntivirusSignatureVersion", "CloudBlockLevel",
    "CloudExtendedTimeout", "DefenderSignaturesOutOfDate", "DisableBlockAtFirstSeen",
    "ForceUseProxyOnly", "IsTamperProtected", "MAPSReporting", "PUAProtection", "ProxyBypass",
    "ProxyPacUrl", "ProxyServer", "RealTimeProtectionEnabled",
    "ReportDynamicSignatureDroppedEvent", "SignatureFallbackOrder", "SubmitSamplesConsent",
  ]

  /// Nil where the report holds neither.
  init?(_ lines: ReportLines, json: JSONTree?) {
    var values: [(String, String)] = []
    var place = 1
    if let root = json?.root {
      let object = root.isArray ? root.elements.first { $0.isObject } : root
      for name in Self.wanted {
        guard let value = object?.member(name) else { continue }
        if let text = value.scalarText {
          if !text.isEmpty { values.append((name, Self.value(text))) }
        } else if value.isArray {
          values.append((name, value.elements.compactMap(\.scalarText).joined(separator: "|")))
        } else if let date = value["value"]?.scalarText ?? value["DateTime"]?.scalarText {
          values.append((name, Self.value(date)))
        }
      }
      place = object?.line ?? 1
    } else {
      for (number, text) in lines.lines {
        guard let (label, value) = ASCII.pair(text), !value.isEmpty,
          let name = Self.wanted.first(where: { ASCII.equal($0, label) })
        else { continue }
        if values.isEmpty { place = number }
        values.append((name, Self.value(value)))
      }
    }
    guard values.count >= 2 else { return nil }
    self.values = values
    line = place
  }

  func facts() -> [EvidenceFact] {
    func value(_ name: String) -> String? { values.last { $0.name == name }?.value }
    let isStatus = value("AMRunningMode") != nil || value("AntivirusSignatureAge") != nil
    var findings: [EvidenceFinding] = []
    var outcome = EvidenceFact.Outcome.unknown
    if isStatus {
      outcome = .enabled
      if let age = value("AntivirusSignatureAge").flatMap({ Int($0) }), age >= 7 {
        findings.append(EvidenceFinding(.intelligenceOld, "\(age)"))
      }
      if let mode = value("AMRunningMode"), ASCII.contains(mode, "passive") {
        findings.append(EvidenceFinding(.passiveMode))
      }
      if value("AMServiceEnabled").map({ ASCII.equal($0, "false") }) ?? false {
        outcome = .notEnabled
        findings.append(EvidenceFinding(.serviceOff))
      }
    } else {
      switch value("MAPSReporting") {
      case "0", "Disabled":
        outcome = .notEnabled
        findings.append(EvidenceFinding(.cloudProtectionOff))
      case nil: break
      default: outcome = .enabled
      }
      if value("ProxyServer") != nil || value("ProxyPacUrl") != nil {
        findings.append(EvidenceFinding(.ownProxy))
      }
      if value("SubmitSamplesConsent") == "2" || value("SubmitSamplesConsent") == "NeverSend" {
        findings.append(EvidenceFinding(.samplesNeverSent))
      }
    }
    let isOff = outcome == .notEnabled
    return [
      EvidenceFact(
        isStatus ? .computerStatus : .preference, outcome,
        way: value("ProxyServer") == nil ? .unknown : .defenderProxy,
        cause: isOff ? (isStatus ? .serviceStopped : .cloudOff) : nil,
        remedies: isOff ? [isStatus ? .enableDefender : .enableCloud] : [], findings: findings,
        details: values.map { EvidenceFact.Detail($0.name, $0.value) },
        certainty: outcome == .unknown ? .unknown : .certain, line: line)
    ]
  }

  /// Dates in ISO 8601; "Passive Mode" and "Passive" are one.
  private static func value(_ text: String) -> String {
    if let rest = ASCII.rest(of: text, behind: "/Date("),
      let milliseconds = Int(String(decoding: rest.utf8.prefix { $0 != 0x29 }, as: UTF8.self)),
      milliseconds >= 0, let date = Timestamp.iso(secondsSince1970: milliseconds / 1000)
    {
      return date
    }
    return ASCII.equal(text, "Passive Mode") ? "Passive" : text
  }
}
