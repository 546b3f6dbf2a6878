import NetworkSets
import PolicyModel

/// Flattens the objects of a policy, each once, whatever the shape of the reference graph.
///
/// Cost is linear in the number of references: shared members are resolved once, and a group that
/// contains itself becomes a doubt instead of a loop.
struct ObjectResolver {
  private let policy: Policy
  private var endpoints: [CompiledEndpoints?]
  private var services: [CompiledServices?]
  private var inProgress: Set<Int> = []
  /// Bounds the recursion; no product lets groups nest nearly as deep.
  private static let depthLimit = 200

  init(_ policy: Policy) {
    self.policy = policy
    endpoints = Array(repeating: nil, count: policy.endpointObjects.count)
    services = Array(repeating: nil, count: policy.serviceObjects.count)
  }

  mutating func compile(_ list: EndpointList) -> CompiledEndpoints {
    // Most lists are one object, which is what the list is then.
    if list.terms.count == 1, list.exceptions.isEmpty, !list.negated,
      case .object(let index) = list.terms[0]
    {
      let object = compiled(object: index)
      if object.exceptions == nil, !object.negated { return object }
    }
    var accumulator = EndpointAccumulator()
    for term in list.terms { add(term, to: &accumulator, position: nil) }
    var exceptions: CompiledEndpoints?
    if !list.exceptions.isEmpty {
      exceptions = compile(EndpointList(list.exceptions))
    }
    return accumulator.finish(exceptions: exceptions, negated: list.negated)
  }

  private mutating func add(
    _ term: EndpointTerm, to accumulator: inout EndpointAccumulator, position: SourcePosition?
  ) {
    switch term {
    case .any: accumulator.matchesAll = true
    case .addresses(let set): accumulator.add(set)
    case .host(let pattern, let binding):
      accumulator.names.append(
        CompiledEndpoints.Name(pattern: .host(pattern), binding: binding))
    case .url(let pattern):
      accumulator.names.append(CompiledEndpoints.Name(pattern: pattern, binding: .observed))
    case .tag(let name): accumulator.tags.append(name)
    case .category(let name): accumulator.categories.insert(name)
    case .condition(let condition):
      accumulator.doubts.append(CompiledEndpoints.Doubt(condition: condition, position: position))
    case .object(let index):
      guard accumulator.objects.insert(index).inserted else { return }
      accumulator.add(compiled(object: index))
    }
  }

  private mutating func compiled(object index: Int) -> CompiledEndpoints {
    guard policy.endpointObjects.indices.contains(index) else {
      return Self.doubt(Condition(.unresolved, "reference to a missing object"), at: nil)
    }
    if let known = endpoints[index] { return known }
    let object = policy.endpointObjects[index]
    guard inProgress.count < Self.depthLimit else {
      return Self.doubt(
        Condition(.unmodelled, "groups nested more than \(Self.depthLimit) deep"),
        at: object.position)
    }
    guard inProgress.insert(index).inserted else {
      return Self.doubt(
        Condition(.unresolved, "group `\(object.name)` contains itself"), at: object.position)
    }
    var accumulator = EndpointAccumulator()
    for term in object.list.terms {
      add(term, to: &accumulator, position: object.position)
    }
    let exceptions =
      object.list.exceptions.isEmpty ? nil : compile(EndpointList(object.list.exceptions))
    let result = accumulator.finish(exceptions: exceptions, negated: object.list.negated)
    inProgress.remove(index)
    endpoints[index] = result
    return result
  }

  private static func doubt(
    _ condition: Condition, at position: SourcePosition?
  ) -> CompiledEndpoints {
    CompiledEndpoints(
      matchesAll: false, addresses: AddressSet(), names: [], tags: [],
      categories: [], doubts: [CompiledEndpoints.Doubt(condition: condition, position: position)],
      nested: [],
      exceptions: nil, negated: false)
  }

  mutating func compile(_ list: ServiceList) -> CompiledServices {
    var result = CompiledServices(negated: list.negated)
    var path: Set<Int> = []
    for term in list.terms { add(term, to: &result, position: nil, path: &path) }
    return result
  }

  private mutating func add(
    _ term: ServiceTerm, to result: inout CompiledServices, position: SourcePosition?,
    path: inout Set<Int>
  ) {
    switch term {
    case .any: result.services.append(Service(protocol: nil))
    case .service(let service): result.services.append(service)
    case .condition(let condition):
      result.doubts.append(CompiledEndpoints.Doubt(condition: condition, position: position))
    case .object(let index):
      guard policy.serviceObjects.indices.contains(index) else {
        result.doubts.append(
          CompiledEndpoints.Doubt(
            condition: Condition(.unresolved, "reference to a missing service"),
            position: position))
        return
      }
      if let known = services[index] {
        result.merge(known)
        return
      }
      let object = policy.serviceObjects[index]
      guard path.count < Self.depthLimit, path.insert(index).inserted else {
        result.doubts.append(
          CompiledEndpoints.Doubt(
            condition: Condition(
              .unresolved, "service group `\(object.name)` contains itself or nests too deep"),
            position: object.position))
        return
      }
      var inner = CompiledServices(negated: object.list.negated)
      for member in object.list.terms {
        add(member, to: &inner, position: object.position, path: &path)
      }
      path.remove(index)
      inner.removeDuplicates()
      services[index] = inner
      result.merge(inner)
    }
  }
}

/// Collects the parts of a list before they are sorted and merged once.
private struct EndpointAccumulator {
  var matchesAll = false
  var names: [CompiledEndpoints.Name] = []
  var tags: [String] = []
  var categories: Set<String> = []
  var doubts: [CompiledEndpoints.Doubt] = []
  var objects: Set<Int> = []
  private var v4: [IntervalSet<UInt32>.Interval] = []
  private var v6: [IntervalSet<UInt128>.Interval] = []
  private var nested: [CompiledEndpoints] = []

  mutating func add(_ set: AddressSet) {
    v4 += set.v4.intervals
    v6 += set.v6.intervals
  }

  mutating func add(_ other: CompiledEndpoints) {
    guard other.exceptions == nil, !other.negated else {
      nested.append(other)
      return
    }
    matchesAll = matchesAll || other.matchesAll
    add(other.addresses)
    names += other.names
    tags += other.tags
    categories.formUnion(other.categories)
    doubts += other.doubts
    nested += other.nested
  }

  func finish(exceptions: CompiledEndpoints?, negated: Bool) -> CompiledEndpoints {
    CompiledEndpoints(
      matchesAll: matchesAll,
      addresses: AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6)),
      names: Self.distinct(names), tags: Self.distinct(tags), categories: categories,
      doubts: Self.distinct(doubts), nested: nested, exceptions: exceptions, negated: negated)
  }

  private static func distinct<Item: Hashable>(_ items: [Item]) -> [Item] {
    guard items.count > 1 else { return items }
    var seen = Set<Item>()
    return items.filter { seen.insert($0).inserted }
  }
}
