import NetworkSets

/// Tells patterns that can only meet the hosts of a requirement where one name stands inside
/// another: `ads.example` in front of the required domain, or in a path behind the host.
///
/// Such a URL is held by the pattern, and nobody has it: it says nothing about the requirement. A
/// pattern counts as one when every text that it holds contains a host name of its own (at least
/// two labels, written out), and that name can nowhere lie upon the part of the URL that the
/// requirement fixes. Texts without a dot, such as `ads`, name no host and count as usual; so do
/// names of files.
struct NameInsideName {
  /// What every URL of the requirement has in one place.
  private let fixed: [UInt8]
  /// Whether anything may stand in front of ``fixed``.
  private let isOpenInFront: Bool

  /// Nil where the requirement has no plain name.
  init?(hosts: HostPattern) {
    switch hosts {
    case .exact(let name):
      fixed = Array(name.text.utf8)
      isOpenInFront = false
    case .subdomains(let name), .apexAndSubdomains(let name), .oneLabel(let name):
      fixed = Array((name.text).utf8)
      isOpenInFront = true
    default: return nil
    }
  }

  func isForeign(_ pattern: URLPattern) -> Bool {
    let alternatives = Self.alternatives(pattern.expression)
    return !alternatives.isEmpty
      && alternatives.allSatisfy { runs in
        runs.contains { run in Self.names(in: run).contains { !mayLieUponFixed($0) } }
      }
  }

  /// A URL that the pattern holds although it is not about the requirement; nil where there is none
  /// of the plain kind.
  func example(of pattern: URLPattern, seesPaths: Bool) -> String? {
    let own = String(decoding: fixed, as: UTF8.self)
    for runs in Self.alternatives(pattern.expression) {
      for name in runs.flatMap(Self.names) {
        let text = String(decoding: name, as: UTF8.self)
        if isOpenInFront {
          for host in ["\(text).\(own)", "a.\(text).\(own)", "a\(text).\(own)"] {
            if let host = HostName(host), pattern.matches(host: host, path: "/") {
              return host.text
            }
          }
        }
        guard seesPaths, let host = HostName(isOpenInFront ? "a.\(own)" : own) else { continue }
        for path in ["/\(text)", "/\(text)/"] where pattern.matches(host: host, path: path) {
          return host.text + path
        }
      }
    }
    return nil
  }

  /// Whether the name can share a place with the fixed part.
  private func mayLieUponFixed(_ name: [UInt8]) -> Bool {
    // The place of the name's first letter, counted from the first of the fixed part. Behind the
    // fixed part stands a slash, which no name holds.
    let first = isOpenInFront ? -(name.count - 1) : 0
    let last = fixed.count - 1
    guard first <= last else { return false }
    return (first...last).contains { place in
      // The letters that lie upon the fixed part; what sticks out in front is free.
      place + name.count <= fixed.count
        && name.indices.allSatisfy { index in
          place + index < 0
            ? place + index != -1 || name[index] == 0x2E
            : fixed[place + index] == name[index]
        }
    }
  }

  // MARK: What a pattern says in letters

  /// For each way in which a text can be in the language, letters that stand in it next to each
  /// other whatever else the text holds.
  private static func alternatives(_ expression: LanguageExpression) -> [[[UInt8]]] {
    if case .choice(let parts) = expression { return parts.flatMap(alternatives) }
    guard case .sequence(let parts) = expression else { return [runs([expression])] }
    // A choice in front or behind of nothing but itself, as an expression between free texts.
    if let place = parts.firstIndex(where: { if case .choice = $0 { true } else { false } }),
      case .choice(let choices) = parts[place], choices.count <= 64
    {
      return choices.flatMap { choice -> [[[UInt8]]] in
        var copy = parts
        copy[place] = choice
        return runs(copy).isEmpty ? [[]] : [runs(copy)]
      }
    }
    return [runs(parts)]
  }

  private static func runs(_ parts: [LanguageExpression]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    func end() {
      if !run.isEmpty { result.append(run) }
      run = []
    }
    func add(_ parts: [LanguageExpression]) {
      for part in parts {
        switch part {
        case .sequence(let inner): add(inner)
        case .bytes(let set):
          if let letter = set.onlyLetter { run.append(letter) } else { end() }
        case .empty: break
        default: end()
        }
      }
    }
    add(parts)
    end()
    return result
  }

  /// The host names of two labels and more in a run of letters.
  private static func names(in run: [UInt8]) -> [[UInt8]] {
    run.split { !ByteSet.host.contains($0) }.compactMap { piece in
      var name = piece
      while name.first == 0x2E { name.removeFirst() }
      while name.last == 0x2E { name.removeLast() }
      let text = String(decoding: name, as: UTF8.self)
      guard let host = HostName(text), host.labelCount > 1,
        let last = text.split(separator: ".").last,
        last.utf8.allSatisfy({ (0x61...0x7A).contains($0) }), last.utf8.count > 1,
        !fileEndings.contains(String(last))
      else { return nil }
      return Array(name)
    }
  }

  /// What stands behind the last dot of a file's name. `com` is one too, and more often a domain.
  private static let fileEndings: Set<String> = [
    "7z", "appx", "asp", "aspx", "avi", "bat", "bin", "bmp", "cab", "cer", "cgi", "cmd", "crl",
    "crt", "css", "csv", "dat", "dll", "dmg", "doc", "docx", "esd", "exe", "gif", "gz", "htm",
    "html", "ico", "img", "ini", "iso", "jar", "jpeg", "jpg", "js", "json", "jsp", "log", "msi",
    "msix", "msp", "msu", "pdf", "php", "png", "ppt", "pptx", "psf", "rar", "rpm", "scr", "svg",
    "swf", "tar", "tgz", "txt", "vbs", "vdm", "xls", "xlsx", "xml", "zip",
  ]
}

extension ByteSet {
  /// The letter that a set stands for: one character, or a letter in both cases.
  fileprivate var onlyLetter: UInt8? {
    let members = readable
    switch members.count {
    case 1: return members[0] | ((0x41...0x5A).contains(members[0]) ? 0x20 : 0)
    case 2 where members[0] ^ members[1] == 0x20 && (0x61...0x7A).contains(members[0]):
      return members[0]
    default: return nil
    }
  }
}
