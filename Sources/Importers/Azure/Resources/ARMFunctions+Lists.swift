import ImportKit

/// Functions of arrays and objects.
extension ARMFunctions {
  func lists(_ name: String, _ values: [ARMValue]) -> ARMValue? {
    switch name {
    case "concat":
      let lists = values.compactMap(\.elements)
      return lists.count == values.count ? joined(lists) : nil
    case "createarray": return .array(values)
    case "array":
      guard let only = values.first else { return nil }
      return only.isArray ? only : .array([only])
    case "createobject": return object(values)
    case "json":
      guard let text = values.first?.text else { return nil }
      return parsed(text)
    case "empty": return values.first.flatMap(count).map { .bool($0 == 0) }
    case "length": return values.first.flatMap(count).map { .number($0) }
    case "first", "last":
      if let items = values.first?.elements {
        return (name == "first" ? items.first : items.last) ?? .null
      }
      guard case .text(let text)? = values.first else { return nil }
      let scalar = name == "first" ? text.unicodeScalars.first : text.unicodeScalars.last
      return .text(scalar.map { String($0) } ?? "")
    case "skip", "take":
      guard values.count == 2, let items = values[0].elements, let number = values[1].number else {
        return nil
      }
      let bounded = max(0, min(number, items.count))
      return .array(Array(name == "skip" ? items.dropFirst(bounded) : items.prefix(bounded)))
    case "range":
      guard values.count == 2, let start = values[0].number, let count = values[1].number,
        (0...10_000).contains(count), (-2_147_483_648...2_147_483_647).contains(start)
      else { return nil }
      return .array((0..<count).map { .number(start + $0) })
    case "flatten":
      guard let items = values.first?.elements else { return nil }
      return joined(items.map { $0.elements ?? [$0] })
    case "union": return union(values)
    case "contains": return contains(values)
    case "tryget": return tryGet(values)
    case "items":
      guard let members = values.first?.members else { return nil }
      // "The keys are sorted in alphabetical order."
      return .array(
        members.sorted { $0.name < $1.name }.map {
          .object([
            ARMMember(name: "key", value: .text($0.name)),
            ARMMember(name: "value", value: $0.value),
          ])
        })
    case "objectkeys":
      return values.first?.members.map { .array($0.map { .text($0.name) }) }
    case "shallowmerge":
      guard let objects = values.first?.elements else { return nil }
      return merged(objects)
    default: return nil
    }
  }

  private func joined(_ lists: [[ARMValue]]) -> ARMValue {
    guard budget.spend(items: lists.reduce(0) { $0 &+ $1.count }) else {
      return .unknown(ARMBudget.exceeded)
    }
    return .array(lists.flatMap { $0 })
  }

  private func count(_ value: ARMValue) -> Int? {
    switch value {
    case .null: 0
    case .text(let text): text.unicodeScalars.count
    case .array(let items): items.count
    default: value.elements?.count ?? value.members?.count
    }
  }

  private func object(_ values: [ARMValue]) -> ARMValue? {
    guard values.count.isMultiple(of: 2) else { return nil }
    var members: [ARMMember] = []
    for index in stride(from: 0, to: values.count, by: 2) {
      guard let name = values[index].text else { return nil }
      members.append(ARMMember(name: name, value: values[index + 1]))
    }
    return .object(members)
  }

  /// The value that a JSON text stands for. Texts in it are no expressions.
  private func parsed(_ text: String) -> ARMValue? {
    guard budget.spend(steps: text.utf8.count, text: text.utf8.count),
      let tree = try? JSONTree(Array(text.utf8)), tree.tops.count == 1
    else { return nil }
    return plain(tree.root, depth: 0)
  }

  private func plain(_ value: JSONValue, depth: Int) -> ARMValue? {
    guard depth < 16, budget.spend() else { return nil }
    switch value.kind {
    case .null: return .null
    case .bool: return .bool(value.bool ?? false)
    case .number: return value.int.map { .number($0) } ?? .text(value.numberText ?? "")
    case .string: return .text(value.string ?? "")
    case .array:
      let items = value.elements.map { plain($0, depth: depth + 1) }
      return items.contains { $0 == nil } ? nil : .array(items.compactMap { $0 })
    case .object:
      var members: [ARMMember] = []
      for (name, inner) in value.members {
        guard let inner = plain(inner, depth: depth + 1) else { return nil }
        members.append(ARMMember(name: name, value: inner))
      }
      return .object(members)
    }
  }

  private func union(_ values: [ARMValue]) -> ARMValue? {
    if values.allSatisfy(\.isObject) { return merged(values) }
    let lists = values.compactMap(\.elements)
    guard lists.count == values.count, case .array(let all) = joined(lists) else { return nil }
    var seen: Set<String> = []
    return .array(all.filter { $0.text.map { seen.insert($0).inserted } ?? true })
  }

  /// Later members take the place of earlier ones.
  private func merged(_ objects: [ARMValue]) -> ARMValue? {
    var result: [ARMMember] = []
    var places: [String: Int] = [:]
    for object in objects {
      guard let members = object.members, budget.spend(items: members.count) else { return nil }
      for member in members {
        let name = member.name.lowercased()
        if let index = places[name] {
          // Objects inside both are merged by the service; that deep nobody writes rules.
          guard !(result[index].value.isObject && member.value.isObject) else { return nil }
          result[index] = member
        } else {
          places[name] = result.count
          result.append(member)
        }
      }
    }
    return .object(result)
  }

  private func contains(_ values: [ARMValue]) -> ARMValue? {
    guard values.count == 2, let wanted = values[1].text else { return nil }
    if values[0].isObject { return .bool(values[0].member(wanted) != nil) }
    if let items = values[0].elements {
      let texts = items.compactMap(\.text)
      if texts.contains(wanted) { return .bool(true) }
      return texts.count == items.count ? .bool(false) : nil
    }
    guard case .text(let text) = values[0] else { return nil }
    return .bool(text.contains(wanted))
  }

  /// `tryGet(value, key or index, …)`: null where a step leads nowhere.
  private func tryGet(_ values: [ARMValue]) -> ARMValue? {
    guard var current = values.first else { return nil }
    for key in values.dropFirst() {
      if case .number(let index) = key {
        guard let items = current.elements else { return nil }
        current = items.indices.contains(index) ? items[index] : .null
      } else if let name = key.text {
        if current.isNull { return .null }
        guard current.isObject else { return nil }
        current = current.member(name) ?? .null
      } else {
        return nil
      }
    }
    return current
  }
}
