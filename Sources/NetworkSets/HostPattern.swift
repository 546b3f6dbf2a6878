/// A set of host names, in the kinds that firewalls can express.
///
/// Importers translate each vendor's grammar into one of these; `*.x.com` as such never appears,
/// because products disagree about what it means.
package enum HostPattern: Hashable, Sendable {
  /// Every host name.
  case any
  /// One name and nothing else.
  case exact(HostName)
  /// One or more labels below a name; the name itself not included.
  case subdomains(HostName)
  /// A name and everything below it.
  case apexAndSubdomains(HostName)
  /// Exactly one label below a name.
  case oneLabel(HostName)
  /// Names that end in a text, label boundary or not: `x.com` holds `x.com` and `evilx.com`.
  case suffix(HostText)
  /// A name, and every longer name that starts with it and a dot: `x.com` and `x.com.evil.example`.
  case leading(HostName)
  /// Names that contain a text anywhere.
  case substring(HostText)
  /// Names that match a glob as a whole: `*` any text (dots too, also empty), `?` one character.
  case glob(HostText)
  /// Names in which a regular expression matches somewhere; anchors restrict it.
  case regex(RegularExpression)

  package func matches(_ host: HostName) -> Bool {
    switch self {
    case .any: return true
    case .exact(let name): return host == name
    case .subdomains(let name): return host.isSubdomain(of: name)
    case .apexAndSubdomains(let name): return host == name || host.isSubdomain(of: name)
    case .oneLabel(let name):
      return host.isSubdomain(of: name) && host.labelCount == name.labelCount + 1
    case .suffix(let end): return host.text.hasSuffix(end.text)
    case .leading(let name): return host == name || host.text.hasPrefix(name.text + ".")
    case .substring(let part):
      let name = Array(host.text.utf8) + (part.mayEndInRoot ? [0x2E] : [])
      return TextMatching.contains(name, Array(part.text.utf8))
    case .glob(let glob):
      return TextMatching.glob(Array(glob.text.utf8), Array(host.text.utf8))
    case .regex:
      return Self.automata.automaton(for: self) { expression }?.matches(host.text.utf8) ?? false
    }
  }

  private static let automata = AutomatonCache<HostPattern>()

  /// The language of the host names alone. It holds no slash, so that behind it a path begins where
  /// it seems to.
  package var expression: LanguageExpression {
    switch self {
    case .suffix, .substring, .glob, .regex: written.restricted(to: .host)
    default: written
    }
  }

  private var written: LanguageExpression {
    switch self {
    case .any: return .many(.host)
    case .exact(let name): return .literal(name.text)
    case .subdomains(let name): return .sequence([.labels, .literal("." + name.text)])
    case .apexAndSubdomains(let name):
      return .sequence([
        .repeated(.sequence([.labels, .literal(".")]), minimum: 0, maximum: 1),
        .literal(name.text),
      ])
    case .oneLabel(let name): return .sequence([.label, .literal("." + name.text)])
    case .suffix(let end): return .sequence([.many(.host), .literal(end.text)])
    case .leading(let name):
      return .sequence([
        .literal(name.text),
        .repeated(.sequence([.literal("."), .many(.host)]), minimum: 0, maximum: 1),
      ])
    case .substring(let part):
      let inside = LanguageExpression.sequence([
        .many(.host), .literal(part.text), .many(.host),
      ])
      guard part.mayEndInRoot else { return inside }
      return .choice([inside, .sequence([.many(.host), .literal(part.text.dropLast())])])
    case .glob(let glob): return Self.globExpression(glob.text, over: .host)
    case .regex(let regex): return regex.expression(over: .host)
    }
  }

  /// Whether the pattern says "anything below": such a requirement cannot be met by objects that
  /// hold single names.
  package var isWildcard: Bool {
    if case .exact = self { false } else { true }
  }

  /// How the pattern relates to the hosts of a requirement, where plain comparison of names can
  /// tell; `overlapping` is always a safe answer.
  package enum Relation: Sendable { case disjoint, covering, overlapping }

  package func relation(to required: HostPattern) -> Relation {
    switch (self, required) {
    case (.any, _): return .covering
    case (_, .exact(let host)): return matches(host) ? .covering : .disjoint
    case (.exact(let name), .subdomains), (.exact(let name), .apexAndSubdomains):
      return required.matches(name) ? .overlapping : .disjoint
    case (.subdomains(let own), .subdomains(let other)):
      if own == other || other.isSubdomain(of: own) { return .covering }
      return own.isSubdomain(of: other) ? .overlapping : .disjoint
    case (.apexAndSubdomains(let own), .subdomains(let other)),
      (.apexAndSubdomains(let own), .apexAndSubdomains(let other)):
      if own == other || other.isSubdomain(of: own) { return .covering }
      return own.isSubdomain(of: other) ? .overlapping : .disjoint
    case (.subdomains(let own), .apexAndSubdomains(let other)):
      if other.isSubdomain(of: own) { return .covering }
      return own == other || own.isSubdomain(of: other) ? .overlapping : .disjoint
    case (.suffix(let end), .subdomains(let other)):
      let below = "." + other.text
      if below.hasSuffix(end.text) { return .covering }
      return end.text.hasSuffix(below) ? .overlapping : .disjoint
    default: return .overlapping
    }
  }

  /// The pattern as an auditor would write it, with words where a star would be ambiguous.
  package var text: String {
    switch self {
    case .any: "any host"
    case .exact(let name): name.text
    case .subdomains(let name): "*.\(name.text)"
    case .apexAndSubdomains(let name): "\(name.text) and *.\(name.text)"
    case .oneLabel(let name): "<one label>.\(name.text)"
    case .suffix(let end): "*\(end.text) (as text)"
    case .leading(let name): "\(name.text)…"
    case .substring(let part): "names containing \(part.text)"
    case .glob(let glob): "\(glob.text) (glob)"
    case .regex(let regex): "/\(regex.source)/"
    }
  }

  static func globExpression(_ text: String, over set: ByteSet) -> LanguageExpression {
    .sequence(
      text.utf8.map { byte in
        switch byte {
        case 0x2A: .many(set)
        case 0x3F: .bytes(set)
        default: .bytes(ByteSet(CollectionOfOne(byte)))
        }
      })
  }
}
