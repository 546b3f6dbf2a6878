/// Facts as a help desk reads them, in English or French.
package struct EvidenceText: Sendable {
  package enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case french = "fr"
  }

  private let language: Language
  private let width: Int

  package init(_ language: Language, width: Int) {
    self.language = language
    self.width = max(width, 40)
  }

  package func write(_ facts: [EvidenceFact]) -> String {
    facts.map(text).joined(separator: "\n")
  }

  private func text(_ fact: EvidenceFact) -> String {
    let words = EvidenceWords(language)
    var lines = wrap(head(fact, words), "")
    if let error = fact.error { lines += wrap(line(error, words), "  ") }
    if let cause = fact.cause {
      let label = fact.certainty == .certain ? words.cause : words.likelyCause
      lines += wrap("\(label): \(words.text(cause))", "  ")
    }
    if !fact.alternatives.isEmpty {
      lines += wrap(
        "\(words.perhaps): " + fact.alternatives.map(words.text).joined(separator: "; "), "  ")
    }
    for finding in fact.findings { lines += wrap("! " + words.text(finding), "  ") }
    if !fact.details.isEmpty {
      lines += wrap(
        "\(words.read): "
          + fact.details.map { "\($0.name) = \(Self.plain($0.value))" }.joined(separator: ", "),
        "  ")
    }
    if !fact.remedies.isEmpty {
      lines.append("  \(words.toDo):")
      for (number, remedy) in fact.remedies.enumerated() {
        lines += wrap("\(number + 1). \(words.text(remedy))", "    ")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func head(_ fact: EvidenceFact, _ words: EvidenceWords) -> String {
    var text = words.text(fact.outcome)
    if let subject = fact.subject.endpoint ?? fact.subject.host {
      text += " · \(Self.plain(subject))" + (fact.subject.port.map { " \($0)" } ?? "")
    } else if let service = fact.subject.service {
      text += " · \(service)"
    }
    if let at = fact.at { text += " · \(Self.plain(at))" }
    if fact.line > 0 { text += " (\(words.line) \(fact.line))" }
    return text
  }

  private func line(_ error: ErrorNumber, _ words: EvidenceWords) -> String {
    var text = error.text
    if let name = error.name { text += " \(name)" }
    if let code = error.code { text += " (\(code))" }
    if let status = error.httpStatus { text += ", HTTP \(status)" }
    if let code = error.httpCode { text += ", httpcode \(code) (\(words.internalCode))" }
    return text
  }

  /// Without control characters: reports are data.
  private static func plain(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: result.append(" ")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  private func wrap(_ text: String, _ indent: String) -> [String] {
    var lines: [String] = []
    var line = indent
    for word in text.split(separator: " ") {
      if line.unicodeScalars.count + word.unicodeScalars.count + 1 > width,
        line.unicodeScalars.count > indent.unicodeScalars.count
      {
        lines.append(line)
        line = indent + "  "
      }
      line += (line.allSatisfy { $0 == " " } ? "" : " ") + word
    }
    lines.append(line)
    return lines
  }
}
