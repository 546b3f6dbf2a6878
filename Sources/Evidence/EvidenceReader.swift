import EndpointCatalogue
import JSONTree
import XMLTree

/// Reads a report of an endpoint computer, told by its contents.
package struct EvidenceReader: Sendable {
  /// The largest report that is read, in bytes.
  package static let limit = 64 << 20

  private let rows: EvidenceRows

  package init(_ catalogue: Catalogue) { rows = EvidenceRows(catalogue) }

  /// What an error number means when the validation reports it.
  package func explain(_ error: ErrorNumber) -> EvidenceFact {
    let diagnosis = Diagnosis(validation: error)
    return EvidenceFact(
      .errorNumber, error.isFailure ? diagnosis.outcome : .unknown,
      subject: EvidenceFact.Subject(service: "maps"), error: error,
      cause: error.isFailure ? diagnosis.cause : nil,
      alternatives: error.isFailure ? diagnosis.alternatives : [],
      remedies: error.isFailure ? diagnosis.remedies : [],
      certainty: error.isFailure && diagnosis.alternatives.isEmpty ? .certain : .likely, line: 0)
  }

  package func facts(_ bytes: [UInt8], file: String) throws(EvidenceError) -> [EvidenceFact] {
    guard bytes.count <= Self.limit else {
      throw EvidenceError(
        file: file, position: "", reason: "the report has more than 64 MiB",
        advice: "give the part that matters")
    }
    let text = ReportLines.decoded(bytes)
    guard text.contains(where: { $0 > 0x20 }) else {
      throw EvidenceError(
        file: file, position: "1", reason: "the report is empty", advice: "make it again")
    }
    let first = text.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if first == 0x3C { return try events(text, file: file) }
    let lines = ReportLines(bytes)
    var found: [EvidenceFact] = []
    if first == 0x7B || first == 0x5B {
      let json: JSONTree
      do throws(JSONReadError) {
        json = try JSONTree(text)
      } catch {
        throw EvidenceError(
          file: file, position: "\(error.line):\(error.column)",
          reason: "not readable as JSON: \(error.reason)", advice: "make the report again")
      }
      found = PowerShellEvidenceReader(lines, json: json)?.facts() ?? []
    } else if WinHTTPProxyReader.recognises(lines) {
      found = WinHTTPProxyReader(lines: lines).facts()
    } else if RegistryEvidenceReader.recognises(lines) {
      found = RegistryEvidenceReader(lines: lines).facts()
    } else if MpCmdRunReader.recognises(lines) {
      found = MpCmdRunReader(lines: lines).facts()
    } else {
      found = ProbeReader(lines: lines, rows: rows).facts()
      if found.isEmpty { found = PowerShellEvidenceReader(lines, json: nil)?.facts() ?? [] }
    }
    guard !found.isEmpty else {
      throw EvidenceError(
        file: file, position: "1",
        reason: "this is no report of an endpoint computer that is known",
        advice: "known are: MpCmdRun, netsh winhttp, reg, Get-MpComputerStatus, Get-MpPreference, "
          + "wevtutil /f:xml, mdatp connectivity test, MDE Client Analyzer, Test-NetConnection")
    }
    return found
  }

  /// `wevtutil qe /f:xml` prints several events without a root.
  private func events(_ text: [UInt8], file: String) throws(EvidenceError) -> [EvidenceFact] {
    let declaration = Array("<?xml".utf8)
    var body = text[...]
    body = body.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if body.starts(with: declaration), let end = body.firstIndex(of: 0x3E) {
      body = body[(end + 1)...]
    }
    let wrapped = Array("<Events>".utf8) + body + Array("</Events>".utf8)
    let tree: XMLTree
    do throws(XMLReadError) {
      tree = try XMLReader(prunedNames: []).read(wrapped)
    } catch {
      throw EvidenceError(
        file: file, position: error.line > 0 ? "\(error.line)" : "",
        reason: "not readable as XML: \(error.reason)", advice: "make the report again")
    }
    let facts = EventEvidenceReader(root: tree.root, rows: rows).facts()
    guard !facts.isEmpty else {
      throw EvidenceError(
        file: file, position: "1",
        reason: "no event of Microsoft Defender or CAPI2 that says something about its cloud",
        advice: "export with: wevtutil qe \"Microsoft-Windows-Windows Defender/Operational\" /f:xml"
      )
    }
    return facts
  }
}
