import ImportKit

/// One option of a rule with its values.
struct IPTOption {
  /// The module that the option belongs to; empty for options of the rule itself and for those of a
  /// protocol's module that is not named.
  let module: String
  /// With its dashes.
  let name: String
  let negated: Bool
  let values: [String]

  var value: String { values.first ?? "" }
}

/// What a rule does.
struct IPTTarget {
  let name: String
  /// Whether it stands behind `-g`.
  let isGoto: Bool
  var options: [IPTOption] = []

  func option(_ name: String) -> IPTOption? { options.first { $0.name == name } }
}

/// A rule sorted into options and target.
///
/// The order of options is free (iptables(8)): what stands behind `-j` belongs to the target only if
/// the target has an option of that name (``IPTEffect/options(of:)``). `!` stands before an option,
/// or, in rules of old tools, behind it: both mean the same.
struct IPTArguments {
  private(set) var options: [IPTOption] = []
  private(set) var target: IPTTarget?
  /// Modules that stand without an option of their own.
  private(set) var bareModules: [String] = []
  private(set) var comment = ""
  /// A word that belongs to nothing: the rule is not readable as a whole.
  private(set) var strayWord: String?
  /// Why nothing that the rule says can be relied on.
  private(set) var doubt: String?

  /// Options that take the next word whatever it looks like: a comment may be `-j`.
  private static let texts: Set<String> = [
    "--comment", "--log-prefix", "--nflog-prefix", "--ulog-prefix", "--string", "--hex-string",
  ]
  /// Short options of the rule itself, which may have their value without a blank: `-ptcp`.
  private static let short: Set<String> = ["-p", "-s", "-d", "-i", "-o", "-j", "-g", "-m"]

  init(_ rule: IPTRuleText) {
    doubt = rule.doubt
    let tokens = Self.separated(rule.tokens)
    var module = ""
    var moduleIsUsed = true
    var index = 0
    var negated = false
    // What stands behind the target and is none of its options; where the target is not known, it
    // may be.
    while index < tokens.count {
      let token = tokens[index]
      index += 1
      if token.isNot {
        negated = true
        continue
      }
      guard token.isOption else {
        if strayWord == nil { strayWord = token.text }
        continue
      }
      var values: [String] = []
      if index < tokens.count, tokens[index].isNot,
        index + 1 >= tokens.count || !tokens[index + 1].isOption
      {
        negated.toggle()
        index += 1
      }
      if Self.texts.contains(token.text), index < tokens.count {
        values.append(tokens[index].text)
        index += 1
      }
      while index < tokens.count, !tokens[index].isOption, !tokens[index].isNot {
        values.append(tokens[index].text)
        index += 1
      }
      let most = Self.valueCount(token.text)
      if values.count > most, strayWord == nil, !Self.isMarker(values) {
        strayWord = values[most]
      }
      let option = IPTOption(module: module, name: token.text, negated: negated, values: values)
      negated = false
      switch token.text {
      case "-m", "--match":
        if !moduleIsUsed { bareModules.append(module) }
        module = option.value
        moduleIsUsed = false
      case "-j", "--jump", "-g", "--goto":
        target = IPTTarget(
          name: option.value, isGoto: token.text == "-g" || token.text == "--goto")
      case "--comment" where module == "comment" || target == nil:
        comment = values.joined(separator: " ")
        moduleIsUsed = true
      case "-c", "--set-counters": break
      default:
        if let name = target?.name, IPTEffect.takes(token.text, target: name) {
          target?.options.append(option)
        } else {
          options.append(option)
          moduleIsUsed = true
        }
      }
    }
    if !moduleIsUsed { bareModules.append(module) }
  }

  /// Whether the words are a marker of a template that was never filled in, from its first to its
  /// last.
  private static func isMarker(_ values: [String]) -> Bool {
    guard let first = values.first, let last = values.last,
      TemplateMarker.isPresent(in: values.joined(separator: " "))
    else { return false }
    return ["{", "<", "$", "%", "@"].contains { first.hasPrefix($0) }
      && ["}", ">", "%", "@"].contains { last.hasSuffix($0) }
  }

  /// How many words belong to an option at most.
  private static func valueCount(_ option: String) -> Int {
    switch option {
    case "--syn", "-f", "--fragment", "--notrack": 0
    case "--tcp-flags", "--match-set", "--set", "--add-set", "--del-set", "--map-set", "-c",
      "--set-counters":
      2
    default: 1
    }
  }

  /// Options and values that are written as one word, `-ptcp` and `--dport=443`, in two.
  private static func separated(_ tokens: [IPTToken]) -> [IPTToken] {
    var result: [IPTToken] = []
    for token in tokens {
      guard token.isOption, result.last.map({ !texts.contains($0.text) }) ?? true else {
        result.append(token)
        continue
      }
      let head = String(token.text.prefix(2))
      if token.text.hasPrefix("--"), let equals = token.text.firstIndex(of: "=") {
        result.append(IPTToken(token.text[..<equals]))
        result.append(IPTToken(token.text[token.text.index(after: equals)...], quoted: true))
      } else if short.contains(head), token.text.count > 2 {
        result.append(IPTToken(head))
        result.append(IPTToken(token.text.dropFirst(2), quoted: true))
      } else {
        result.append(token)
      }
    }
    return result
  }
}
