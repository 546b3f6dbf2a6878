import EndpointCatalogue
import XMLTree

/// Reads events of Defender and of CAPI2 as `wevtutil qe /f:xml` prints them.
///
/// 1116 malware detected, 2000 and 2001 security intelligence updated or not, 2010 dynamic (cloud)
/// signature used, 2050 sample uploaded, 2051 upload failed, 5007 setting changed (learn.microsoft.com,
/// "Review event logs and error codes to troubleshoot issues with Microsoft Defender Antivirus");
/// CAPI2 53: an object such as a revocation list was fetched, or not, with the URL. Names of users,
/// paths and digests of files are not taken over.
struct EventEvidenceReader {
  let root: XMLElement
  let rows: EvidenceRows

  func facts() -> [EvidenceFact] {
    var events: [XMLElement] = []
    if root.name == "Event" { events.append(root) }
    events += root.descendants.filter { $0.name == "Event" }
    return events.compactMap(fact)
  }

  private func fact(_ event: XMLElement) -> EvidenceFact? {
    guard let system = event.child("System"),
      let id = system.childText("EventID").flatMap({ Int($0) })
    else { return nil }
    let provider = system.child("Provider")?.attribute("Name") ?? ""
    let at = Self.moment(system.child("TimeCreated")?.attribute("SystemTime"))
    var fact: EvidenceFact?
    if ASCII.contains(provider, "CAPI2") {
      fact = id == 53 ? retrieval(event) : nil
    } else if ASCII.contains(provider, "Windows Defender") {
      fact = defender(id, event)
    }
    fact?.at = at
    fact?.details.insert(EvidenceFact.Detail("event", "\(id)"), at: 0)
    return fact
  }

  /// Without a fraction that is zero.
  private static func moment(_ text: String?) -> String? {
    guard let text else { return nil }
    guard let dot = text.utf8.firstIndex(of: 0x2E) else { return text }
    let fraction = text.utf8[text.utf8.index(after: dot)...].prefix { $0 >= 0x30 && $0 <= 0x39 }
    return fraction.allSatisfy { $0 == 0x30 } ? String(text[..<dot]) + "Z" : text
  }

  private func data(_ event: XMLElement, _ name: String) -> String? {
    event.child("EventData")?.children("Data").first {
      ASCII.equal($0.attribute("Name") ?? "", name)
    }?.text
  }

  private func defender(_ id: Int, _ event: XMLElement) -> EvidenceFact? {
    func fact(
      _ outcome: EvidenceFact.Outcome, service: String?, error: ErrorNumber? = nil
    ) -> EvidenceFact {
      EvidenceFact(
        .events, outcome, subject: EvidenceFact.Subject(service: service), error: error,
        line: event.line)
    }
    let number = data(event, "Error Code").flatMap { ErrorNumber(parsing: $0) }
    let error = number?.isFailure ?? false ? number : nil
    switch id {
    case 1116:
      var result = fact(.detected, service: nil)
      if let name = data(event, "Threat Name") {
        result.details.append(EvidenceFact.Detail("threat", name))
      }
      return result
    case 2000: return fact(.updated, service: "adl")
    case 2001:
      var result = fact(.updateFailed, service: "adl", error: error)
      if let path = data(event, "Source Path") { result.subject = rows.subject(url: path) }
      if let error {
        let diagnosis = Diagnosis.transport(error)
        result.cause = diagnosis.cause
        result.alternatives = diagnosis.alternatives
        result.remedies = diagnosis.remedies
        result.certainty = .likely
      }
      return result
    case 2010: return fact(.cloudContacted, service: "maps")
    case 2050: return fact(.sampleUploaded, service: "malware-submission-storage")
    case 2051:
      return fact(.sampleNotUploaded, service: "malware-submission-storage", error: error)
    case 5007:
      guard let new = Self.setting(data(event, "New Value")) else { return nil }
      var result = fact(.settingChanged, service: nil)
      result.details = [
        EvidenceFact.Detail("setting", new.name), EvidenceFact.Detail("to", new.value),
      ]
      if let old = Self.setting(data(event, "Old Value")) {
        result.details.append(EvidenceFact.Detail("from", old.value))
      }
      return result
    default: return nil
    }
  }

  /// Name and value of `HKLM\…\Spynet\SSLOptions = 0x3`; values that are no number are not told.
  private static func setting(_ text: String?) -> (name: String, value: String)? {
    guard let text, let (key, raw) = ASCII.pair(text, at: 0x3D) else { return nil }
    let name = key.split(separator: "\\").last.map(String.init) ?? key
    let hex = raw.hasPrefix("0x") ? UInt32(raw.dropFirst(2), radix: 16) : nil
    return (name, hex.map { "\($0)" } ?? "(not a number)")
  }

  /// The revocation list that Windows could not fetch, the one evidence that names its row.
  private func retrieval(_ event: XMLElement) -> EvidenceFact? {
    guard let body = event.child("UserData")?.children.first(where: { _ in true }),
      let url = body.childText("URL")
    else { return nil }
    let error = body.child("Result")?.attribute("value").flatMap { ErrorNumber(parsing: $0) }
    let failed = error?.isFailure ?? false
    var fact = EvidenceFact(
      .events, failed ? .crlBlocked : .reachable, subject: rows.subject(url: url),
      error: failed ? error : nil, line: event.line)
    if failed {
      fact.cause = .proxyMissing
      fact.alternatives = [.crlBlocked, .nameNotResolved]
      fact.remedies = Diagnosis.revocation
      fact.certainty = .likely
    }
    if let process = body.child("EventAuxInfo")?.attribute("ProcessName") {
      fact.details.append(EvidenceFact.Detail("process", process))
    }
    return fact
  }
}
