import Foundation
import NetworkSets

/// Matches names and URLs by looking at their text, letter by letter; no automata.
///
/// Answers are remembered, because the same few patterns are asked about again and again.
final class ReferenceNames {
  private struct Question: Hashable {
    let pattern: URLPattern
    let text: String
  }

  private var known: [Question: Bool] = [:]
  private var expressions: [String: NSRegularExpression] = [:]

  /// Whether a pattern holds `host` + `path`, the path starting with a slash.
  func holds(_ pattern: URLPattern, host: String, path: String) -> Bool {
    let text = host + path
    let question = Question(pattern: pattern, text: text)
    if let answer = known[question] { return answer }
    let answer: Bool
    switch pattern {
    case .parts(let hosts, let paths):
      answer = holds(hosts, host) && Self.holds(paths, path)
    case .tokens(let entry, let openEnd):
      answer = Self.tokens(entry, openEnd: openEnd, host: host, path: path)
    case .substring(let part): answer = text.lowercased().contains(part.lowercased())
    case .glob(let glob): answer = Self.glob(glob.lowercased(), text.lowercased())
    case .regex(let regex): answer = search(regex.source, in: text)
    }
    if known.count > 200_000 { known = [:] }
    known[question] = answer
    return answer
  }

  private func holds(_ pattern: HostPattern, _ host: String) -> Bool {
    switch pattern {
    case .any: return true
    case .exact(let name): return host == name.text
    case .subdomains(let name): return host.hasSuffix(".\(name.text)")
    case .apexAndSubdomains(let name): return ".\(host)".hasSuffix(".\(name.text)")
    case .oneLabel(let name):
      guard host.hasSuffix(".\(name.text)") else { return false }
      return !host.dropLast(name.text.count + 1).contains(".")
    case .suffix(let end): return host.hasSuffix(end.text)
    case .leading(let name): return "\(host).".hasPrefix("\(name.text).")
    case .substring(let part): return part.text.isEmpty || "\(host).".contains(part.text)
    case .glob(let glob): return Self.glob(glob.text, host)
    case .regex(let regex): return search(regex.source, in: host)
    }
  }

  static func holds(_ pattern: PathPattern, _ path: String) -> Bool {
    switch pattern {
    case .any: return true
    case .exact(let text): return path == text
    case .prefix(let text): return path.hasPrefix(text)
    case .folder(let text):
      if text.hasSuffix("/") { return path.hasPrefix(text) }
      return path == text || path.hasPrefix(text + "/") || path.hasPrefix(text + "?")
    case .glob(let text): return glob(text, path)
    }
  }

  private func search(_ source: String, in text: String) -> Bool {
    if expressions[source] == nil {
      expressions[source] = try? NSRegularExpression(
        pattern: source, options: [.caseInsensitive])
    }
    let range = NSRange(text.startIndex..., in: text)
    return expressions[source]?.firstMatch(in: text, range: range) != nil
  }

  /// `*` any text, `?` one character.
  static func glob(_ glob: String, _ text: String) -> Bool {
    glob.utf8.withContiguousStorageIfAvailable { pattern in
      text.utf8.withContiguousStorageIfAvailable { letters in
        Self.glob(Array(pattern)[...], Array(letters)[...])
      } ?? false
    } ?? Self.glob(Array(glob.utf8)[...], Array(text.utf8)[...])
  }

  private static func glob(_ glob: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = glob.first else { return text.isEmpty }
    let rest = glob.dropFirst()
    if first == 0x2A {
      return (0...text.count).contains { Self.glob(rest, text.dropFirst($0)) }
    }
    guard let letter = text.first else { return false }
    return (first == 0x3F || first == letter) && Self.glob(rest, text.dropFirst())
  }

  /// PAN-OS entries as the doc comment of ``URLPattern/tokens(_:openEnd:)`` words them.
  private static func tokens(
    _ entry: String, openEnd: Bool, host: String, path: String
  ) -> Bool {
    let entry = entry.lowercased()
    let path = path.lowercased()
    guard let slash = entry.firstIndex(of: "/") else {
      // No slash: the host alone, which may go on behind a dot where the end is open.
      if hostTokens(Array(entry)[...], Array(host)[...]) { return true }
      guard openEnd else { return false }
      return host.indices.filter { host[$0] == "." }.contains {
        hostTokens(Array(entry)[...], Array(host[..<$0])[...])
      }
    }
    guard hostTokens(Array(entry[..<slash])[...], Array(host)[...]) else { return false }
    let wanted = Array(entry[slash...])
    if wanted.last == "/" {
      return (0...path.count).contains { pathTokens(wanted[...], Array(path.prefix($0))[...]) }
    }
    let separators: Set<Character> = [".", "/", "?", "&", "=", ";", "+"]
    return (0...path.count).contains { length in
      let ends = length == path.count || separators.contains(Array(path)[length])
      return ends && pathTokens(wanted[...], Array(path.prefix(length))[...])
    }
  }

  /// `*` one or more whole labels, `^` exactly one.
  private static func hostTokens(
    _ pattern: ArraySlice<Character>, _ host: ArraySlice<Character>
  ) -> Bool {
    guard let first = pattern.first else { return host.isEmpty }
    let rest = pattern.dropFirst()
    guard first == "*" || first == "^" else {
      return host.first == first && hostTokens(rest, host.dropFirst())
    }
    return (0...host.count).contains { length in
      let part = host.prefix(length)
      let labels = part.split(separator: ".", omittingEmptySubsequences: false)
      guard !labels.contains(where: \.isEmpty) else { return false }
      return (first == "*" || labels.count == 1) && hostTokens(rest, host.dropFirst(length))
    }
  }

  /// `*` one or more tokens with the separators between them, `^` exactly one.
  private static func pathTokens(
    _ pattern: ArraySlice<Character>, _ path: ArraySlice<Character>
  ) -> Bool {
    guard let first = pattern.first else { return path.isEmpty }
    let rest = pattern.dropFirst()
    guard first == "*" || first == "^" else {
      return path.first == first && pathTokens(rest, path.dropFirst())
    }
    let separators: Set<Character> = [".", "/", "?", "&", "=", ";", "+"]
    return (0...path.count).contains { length in
      let tokens = path.prefix(length).split(omittingEmptySubsequences: false) {
        separators.contains($0)
      }
      guard !tokens.contains(where: \.isEmpty) else { return false }
      return (first == "*" || tokens.count == 1) && pathTokens(rest, path.dropFirst(length))
    }
  }
}
