import ImportKit

/// The functions of template expressions that depend on the values of their arguments alone.
///
/// Source: learn.microsoft.com, "Template functions in ARM templates": array, comparison, logical,
/// numeric, object, resource and string functions. Nil is an answer that is not known.
struct ARMFunctions {
  let budget: ARMBudget

  func call(_ name: String, _ values: [ARMValue]) -> ARMValue? {
    guard let result = logical(name, values) ?? texts(name, values) ?? lists(name, values) else {
      return nil
    }
    return charged(result)
  }

  /// What a function made counts against the budget.
  private func charged(_ value: ARMValue) -> ARMValue? {
    switch value {
    case .text(let text): budget.spend(text: text.utf8.count) ? value : .unknown(ARMBudget.exceeded)
    case .array(let items): budget.spend(items: items.count) ? value : .unknown(ARMBudget.exceeded)
    case .object(let items): budget.spend(items: items.count) ? value : .unknown(ARMBudget.exceeded)
    default: value
    }
  }

  // MARK: Logic and numbers

  private func logical(_ name: String, _ values: [ARMValue]) -> ARMValue? {
    switch name {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "not": return values.first?.bool.map { .bool(!$0) }
    case "bool":
      if let number = values.first?.number { return .bool(number != 0) }
      return values.first?.bool.map { .bool($0) }
    case "equals":
      guard values.count == 2 else { return nil }
      return Self.areEqual(values[0], values[1], depth: 0).map { .bool($0) }
    case "less", "lessorequals", "greater", "greaterorequals":
      guard values.count == 2, case .number(let one) = values[0], case .number(let two) = values[1]
      else { return nil }
      return .bool(
        name == "less"
          ? one < two
          : name == "lessorequals" ? one <= two : name == "greater" ? one > two : one >= two)
    case "add", "sub", "mul", "div", "mod": return arithmetic(name, values)
    case "int": return values.first?.number.map { .number($0) }
    case "min", "max":
      let list = values.count == 1 ? values[0].elements ?? values : values
      let numbers = list.compactMap(\.number)
      guard numbers.count == list.count else { return nil }
      return (name == "min" ? numbers.min() : numbers.max()).map { .number($0) }
    default: return nil
    }
  }

  private func arithmetic(_ name: String, _ values: [ARMValue]) -> ARMValue? {
    guard values.count == 2, let one = values[0].number, let two = values[1].number else {
      return nil
    }
    let (result, overflow): (Int, Bool) =
      switch name {
      case "add": one.addingReportingOverflow(two)
      case "sub": one.subtractingReportingOverflow(two)
      case "mul": one.multipliedReportingOverflow(by: two)
      case "div": one.dividedReportingOverflow(by: two)
      default: one.remainderReportingOverflow(dividingBy: two)
      }
    return overflow ? nil : .number(result)
  }

  /// "The comparison is case-sensitive" for texts; nil where a part is not known.
  private static func areEqual(_ one: ARMValue, _ two: ARMValue, depth: Int) -> Bool? {
    guard depth < 8, one.missing == nil, two.missing == nil else { return nil }
    if let left = one.elements, let right = two.elements {
      guard left.count == right.count else { return false }
      var isOpen = false
      for (left, right) in zip(left, right) {
        guard let equal = areEqual(left, right, depth: depth + 1) else {
          isOpen = true
          continue
        }
        if !equal { return false }
      }
      return isOpen ? nil : true
    }
    switch (one, two) {
    case (.null, .null): return true
    case (.bool(let one), .bool(let two)): return one == two
    case (.number(let one), .number(let two)): return one == two
    case (.text(let one), .text(let two)): return one == two
    default: return one.isObject || two.isObject ? nil : false
    }
  }

  // MARK: Texts

  private func texts(_ name: String, _ values: [ARMValue]) -> ARMValue? {
    switch name {
    case "concat":
      let parts = values.compactMap(\.text)
      guard parts.count == values.count, !parts.isEmpty else { return nil }
      guard budget.spend(text: parts.reduce(0) { $0 &+ $1.utf8.count }) else {
        return .unknown(ARMBudget.exceeded)
      }
      return .text(parts.joined())
    case "format": return format(values)
    case "string": return values.first?.text.map { .text($0) }
    case "tolower": return values.first?.text.map { .text($0.lowercased()) }
    case "toupper": return values.first?.text.map { .text($0.uppercased()) }
    case "trim":
      return values.first?.text.map { text in
        let kept = text.drop { $0.isWhitespace }
        guard let end = kept.lastIndex(where: { !$0.isWhitespace }) else { return .text("") }
        return .text(String(kept[...end]))
      }
    case "startswith", "endswith":
      guard values.count == 2, let text = values[0].text?.lowercased(),
        let part = values[1].text?.lowercased()
      else { return nil }
      return .bool(name == "startswith" ? text.hasPrefix(part) : text.hasSuffix(part))
    case "replace":
      guard values.count == 3, let text = values[0].text, let old = values[1].text, !old.isEmpty,
        let new = values[2].text
      else { return nil }
      let parts = text.split(separator: old, omittingEmptySubsequences: false)
      let size = parts.count.multipliedReportingOverflow(by: new.utf8.count)
      guard !size.overflow, budget.spend(text: size.partialValue) else {
        return .unknown(ARMBudget.exceeded)
      }
      return .text(parts.joined(separator: new))
    case "split": return split(values)
    case "join":
      guard values.count == 2, let mark = values[1].text, let items = values[0].elements else {
        return nil
      }
      let parts = items.compactMap(\.text)
      guard parts.count == items.count else { return nil }
      let size = parts.count.multipliedReportingOverflow(by: mark.utf8.count)
      guard !size.overflow,
        budget.spend(text: parts.reduce(size.partialValue) { $0 &+ $1.utf8.count })
      else { return .unknown(ARMBudget.exceeded) }
      return .text(parts.joined(separator: mark))
    case "substring":
      guard values.count > 1, let text = values[0].text, let start = values[1].number else {
        return nil
      }
      let scalars = Array(text.unicodeScalars)
      let length = values.count > 2 ? values[2].number : scalars.count &- start
      guard let length, start >= 0, length >= 0, start <= scalars.count,
        length <= scalars.count - start
      else { return nil }
      var part = String.UnicodeScalarView()
      part.append(contentsOf: scalars[start..<(start + length)])
      return .text(String(part))
    case "resourceid", "subscriptionresourceid", "extensionresourceid", "tenantresourceid":
      return resourceID(values)
    default: return nil
    }
  }

  /// Holes such as `{0}`, also with a form (`{0:D2}`), which is not evaluated; `{{` stands for one
  /// brace.
  private func format(_ values: [ARMValue]) -> ARMValue? {
    guard case .text(let pattern)? = values.first else { return nil }
    var result: [UInt8] = []
    var rest = Array(pattern.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}"), rest.first == byte {
        rest.removeFirst()
        result.append(byte)
        continue
      }
      guard byte == UInt8(ascii: "{") else {
        result.append(byte)
        continue
      }
      guard let end = rest.firstIndex(of: UInt8(ascii: "}")),
        let index = Int(String(decoding: rest[..<end], as: UTF8.self)), index >= 0,
        index < values.count - 1, let text = values[index + 1].text,
        budget.spend(text: text.utf8.count)
      else { return nil }
      result += text.utf8
      rest = rest[(end + 1)...]
    }
    return .text(String(decoding: result, as: UTF8.self))
  }

  /// By a text, or by each of a list of texts.
  private func split(_ values: [ARMValue]) -> ARMValue? {
    guard values.count == 2, let text = values[0].text else { return nil }
    let marks = values[1].text.map { [$0] } ?? values[1].elements?.compactMap(\.text) ?? []
    guard !marks.isEmpty, !marks.contains("") else { return nil }
    var parts = [text]
    for mark in marks {
      parts = parts.flatMap {
        $0.split(separator: mark, omittingEmptySubsequences: false).map(String.init)
      }
    }
    return .array(parts.map { .text($0) })
  }

  /// Types and names interleaved, as in a real id; subscription and group are left out, since
  /// resources are matched by type and name.
  private func resourceID(_ values: [ARMValue]) -> ARMValue? {
    let texts = values.compactMap(\.text)
    guard texts.count == values.count,
      let start = texts.firstIndex(where: { $0.utf8.contains(UInt8(ascii: "/")) })
    else { return nil }
    let types = texts[start].split(separator: "/")
    let names = texts[(start + 1)...]
    guard types.count == names.count + 1, let provider = types.first else { return nil }
    let parts = zip(types.dropFirst(), names).map { "\($0)/\($1)" }
    return .text("/providers/\(provider)/" + parts.joined(separator: "/"))
  }
}
