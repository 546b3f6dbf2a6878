import NetworkSets
import PolicyModel

/// Makes a failing case as small as it can while it still fails, so that a person can read it.
struct CaseShrinker {
  let fails: (RandomCase) -> Bool

  func shrink(_ failing: RandomCase) -> RandomCase {
    var best = failing
    var improved = true
    while improved {
      improved = false
      for candidate in Self.smaller(best) where fails(candidate) {
        best = candidate
        improved = true
        break
      }
    }
    return best
  }

  /// Every case that lacks one thing.
  private static func smaller(_ whole: RandomCase) -> [RandomCase] {
    var result: [RandomCase] = []
    func offer(_ change: (inout RandomCase) -> Void) {
      var copy = whole
      change(&copy)
      result.append(copy)
    }
    if whole.policies.count > 1 {
      for index in whole.policies.indices {
        offer {
          $0.policies.remove(at: index)
          $0.clients.remove(at: index)
        }
      }
    }
    if !whole.knowledge.addresses.isEmpty { offer { $0.knowledge.addresses = [:] } }
    if !whole.knowledge.tags.isEmpty { offer { $0.knowledge.tags = [:] } }
    if !whole.knowledge.applications.isEmpty { offer { $0.knowledge.applications = [] } }
    if !whole.knowledge.categories.isEmpty { offer { $0.knowledge.categories = [] } }
    for index in whole.clients.indices where whole.clients[index].toZone == nil {
      offer { $0.clients[index].toZone = "wan" }
    }
    for number in whole.policies.indices {
      for policy in smaller(whole.policies[number]) { offer { $0.policies[number] = policy } }
    }
    return result
  }

  private static func smaller(_ whole: Policy) -> [Policy] {
    var result: [Policy] = []
    func offer(_ change: (inout Policy) -> Void) {
      var copy = whole
      change(&copy)
      result.append(copy)
    }
    for pipeline in whole.pipelines.indices {
      for stage in whole.pipelines[pipeline].stages.indices
      where whole.pipelines[pipeline].stages.count > 1 {
        offer { $0.pipelines[pipeline].stages.remove(at: stage) }
      }
      if whole.pipelines[pipeline].inspection != nil {
        offer { $0.pipelines[pipeline].inspection = nil }
      }
    }
    for table in whole.tables.indices {
      for rule in whole.tables[table].rules.indices {
        offer { $0.tables[table].rules.remove(at: rule) }
      }
    }
    for table in whole.tables.indices {
      for index in whole.tables[table].rules.indices {
        for rule in smaller(whole.tables[table].rules[index]) {
          offer { $0.tables[table].rules[index] = rule }
        }
      }
    }
    for index in whole.endpointObjects.indices {
      for list in smaller(whole.endpointObjects[index].list) {
        offer { $0.endpointObjects[index].list = list }
      }
    }
    for index in whole.serviceObjects.indices {
      for list in smaller(whole.serviceObjects[index].list) {
        offer { $0.serviceObjects[index].list = list }
      }
    }
    return result
  }

  private static func smaller(_ whole: Rule) -> [Rule] {
    var result: [Rule] = []
    func offer(_ change: (inout Rule) -> Void) {
      var copy = whole
      change(&copy)
      result.append(copy)
    }
    if whole.decrypts { offer { $0.decrypts = false } }
    switch whole.action {
    case .allow(let gates) where !gates.isEmpty:
      offer { $0.action = .allow(gates: Array(gates.dropFirst())) }
    case .jump, .goto: offer { $0.action = .deny(.drop) }
    default: break
    }
    for index in whole.match.clauses.indices {
      offer { $0.match.clauses.remove(at: index) }
      switch whole.match.clauses[index] {
      case .source(let list):
        for list in smaller(list) { offer { $0.match.clauses[index] = .source(list) } }
      case .destination(let list):
        for list in smaller(list) { offer { $0.match.clauses[index] = .destination(list) } }
      case .service(let list):
        for list in smaller(list) { offer { $0.match.clauses[index] = .service(list) } }
      default: break
      }
    }
    return result
  }

  private static func smaller(_ whole: EndpointList) -> [EndpointList] {
    var result: [EndpointList] = []
    for index in whole.terms.indices {
      var copy = whole
      copy.terms.remove(at: index)
      result.append(copy)
    }
    for index in whole.exceptions.indices {
      var copy = whole
      copy.exceptions.remove(at: index)
      result.append(copy)
    }
    if whole.negated { result.append(EndpointList(whole.terms, except: whole.exceptions)) }
    return result
  }

  private static func smaller(_ whole: ServiceList) -> [ServiceList] {
    var result = whole.negated ? [ServiceList(whole.terms)] : []
    for index in whole.terms.indices {
      var copy = whole
      copy.terms.remove(at: index)
      result.append(copy)
    }
    return result
  }
}
