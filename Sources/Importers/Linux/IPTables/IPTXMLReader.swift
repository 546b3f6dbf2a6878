import ImportKit

/// Reads the output of `iptables-xml`, which is the text of `iptables-save` word by word: every
/// option is an element, the `match` element holds those without a module, `invert="1"` stands for
/// `!`. With its option `-c` one `rule` carries the actions of several rules with equal conditions.
///
/// Source: iptables/iptables-xml.c, function `do_rule_part`.
struct IPTXMLReader {
  private let file: Int
  private(set) var dump = IPTDump()

  init(file: Int) { self.file = file }

  mutating func read(_ root: XMLElement) {
    for element in root.children("table") {
      var table = IPTTable(
        name: element.attribute("name") ?? "", family: nil, position: position(element))
      for chain in element.children("chain") {
        let name = chain.attribute("name") ?? ""
        table.declare(name, policy: chain.attribute("policy"), at: position(chain))
        for rule in chain.children("rule") {
          let conditions = rule.child("conditions").map(words) ?? []
          for actions in rule.children("actions") {
            let targets = actions.children.map { $0 }
            for target in targets {
              table.add(
                IPTRuleText(tokens: conditions + action(target), position: position(rule)), to: name
              )
            }
            if targets.isEmpty {
              table.add(IPTRuleText(tokens: conditions, position: position(rule)), to: name)
            }
          }
          if rule.child("actions") == nil {
            table.add(IPTRuleText(tokens: conditions, position: position(rule)), to: name)
          }
        }
      }
      dump.tables.append(table)
    }
  }

  private func position(_ element: XMLElement) -> SourcePosition {
    SourcePosition(file: file, line: element.line)
  }

  private func words(_ conditions: XMLElement) -> [IPTToken] {
    conditions.children.flatMap { module -> [IPTToken] in
      let name = module.name == "match" ? [] : [IPTToken("-m"), IPTToken(module.name)]
      return name + options(module)
    }
  }

  private func action(_ target: XMLElement) -> [IPTToken] {
    switch target.name {
    case "call", "goto":
      guard let chain = target.children.first(where: { _ in true }) else { return [] }
      return [IPTToken(target.name == "call" ? "-j" : "-g"), IPTToken(chain.name)]
    default: return [IPTToken("-j"), IPTToken(target.name)] + options(target)
    }
  }

  private func options(_ parent: XMLElement) -> [IPTToken] {
    parent.children.flatMap { option -> [IPTToken] in
      let dashes = option.name.count == 1 ? "-" : "--"
      let not = option.attribute("invert") == "1" ? [IPTToken("!")] : []
      return not + [IPTToken(dashes + option.name)] + IPTWords.split(option.text)
    }
  }
}
