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
/// `!` stands before an option, or, in rules of old tools, behind it: both mean the same.
struct IPTArguments {
  private(set) var options: [IPTOption] = []
  private(set) var target: IPTTarget?
  /// Modules that stand without an option of their own.
  private(set) var bareModules: [String] = []
  private(set) var comment = ""
  /// A word that belongs to nothing: the rule is not readable as a whole.
  private(set) var strayWord: String?

  init(_ tokens: [IPTToken]) {
    var module = ""
    var moduleIsUsed = true
    var index = 0
    var negated = false
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
      while index < tokens.count, !tokens[index].isOption, !tokens[index].isNot {
        values.append(tokens[index].text)
        index += 1
      }
      let option = IPTOption(
        module: module, name: token.text, negated: negated, values: values)
      negated = false
      switch token.text {
      case "-m", "--match":
        if !moduleIsUsed { bareModules.append(module) }
        module = option.value
        moduleIsUsed = false
      case "-j", "--jump", "-g", "--goto":
        target = IPTTarget(
          name: option.value, isGoto: token.text == "-g" || token.text == "--goto")
      case "--comment" where target == nil:
        comment = values.joined(separator: " ")
        moduleIsUsed = true
      case "-c", "--set-counters": break
      default:
        if target != nil {
          target?.options.append(option)
        } else {
          options.append(option)
          moduleIsUsed = true
        }
      }
    }
    if !moduleIsUsed { bareModules.append(module) }
  }
}
