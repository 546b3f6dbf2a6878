import NetworkSets
import PolicyModel

/// One thing about a flow that the export leaves open, as several rules may ask about it.
///
/// Two doubts with the same fact are one: both hold, or neither does. What is not certain to be the
/// same gets a fact of its own (``own(_:test:place:)``), since joining what differs would make a
/// wrong answer look definite, and keeping apart what is the same only makes it less definite.
enum Fact: Hashable, Sendable {
  /// Where the host is. The same for every device on the way.
  case address
  /// The port from which the client connects, as a device sees it; translation may change it between
  /// two.
  case sourcePort(hop: Int)
  /// Which of the applications that the user lists the device recognises.
  case application(hop: Int)
  /// Whether the device recognises an application, where the user lists none.
  case recognised(hop: Int, String)
  /// Which of the categories that the user lists the host has for certain.
  case categoryChoice(hop: Int)
  /// Whether the host has a category, beside those that the user lists.
  case category(hop: Int, String)
  /// Whether the host is in a vendor's list.
  case tag(hop: Int, String)
  /// Whether a name that the device resolves leads to where the client goes.
  case resolved(hop: Int, URLPattern)
  /// Whether the client is what a source term says, in words.
  case source(hop: Int, String)
  /// A condition of a policy in which equal words mean the same; see ``Policy/saysSoInWords``.
  case condition(hop: Int, isSource: Bool, Condition)
  /// Whether the device sees the path, where its inspection rules do not settle it.
  case pathSeen(hop: Int)
  /// A test of zones that are not known.
  case zones(hop: Int, test: Int32)
  /// A doubt of one rule and nobody else.
  case own(RuleKey, hop: Int, test: Int32, place: Int)
}

/// What is taken as given about the open facts of one flow.
struct Assumptions: Sendable {
  /// Where the host may be.
  var addresses: AddressSet = SpecialPurposeAddresses.internet
  /// By device, as far as they are narrowed.
  var sourcePorts: [Int: PortSet] = [:]
  var applications: [Int: Set<String>] = [:]
  var categories: [Int: Set<String>] = [:]
  var facts: [Fact: Bool] = [:]
  /// Whether every fact that is not listed counts as false.
  var nothingElse = false

  func sourcePorts(_ hop: Int) -> PortSet { sourcePorts[hop] ?? .ephemeral }

  /// The facts about which more is assumed than at the start.
  func narrowed(from start: Assumptions) -> Set<Fact> {
    var result = Set(facts.keys)
    if addresses != start.addresses { result.insert(.address) }
    for (hop, ports) in sourcePorts where ports != start.sourcePorts(hop) {
      result.insert(.sourcePort(hop: hop))
    }
    for (hop, names) in applications where names != start.applications[hop] {
      result.insert(.application(hop: hop))
    }
    for (hop, names) in categories where names != start.categories[hop] {
      result.insert(.categoryChoice(hop: hop))
    }
    return result
  }

  func truth(_ fact: Fact) -> Truth {
    facts[fact].map { Truth($0) } ?? (nothingElse ? .no : .perhaps)
  }
}

/// One way to cut what is open in two or more.
enum Split: Sendable {
  case fact(Fact)
  case address(AddressSet)
  case sourcePort(hop: Int, PortSet)
  case application(hop: Int, Set<String>)
  case category(hop: Int, Set<String>)

  /// All ways in which it may turn out; the assumption that nothing special is the case comes first,
  /// since what happens then is most often what happens at all.
  func branches(of given: Assumptions) -> [Assumptions] {
    var first = given
    var second = given
    switch self {
    case .fact(let fact):
      first.facts[fact] = false
      second.facts[fact] = true
    case .address(let set):
      first.addresses = given.addresses.subtracting(set)
      second.addresses = given.addresses.intersection(set)
    case .sourcePort(let hop, let set):
      first.sourcePorts[hop] = given.sourcePorts(hop).subtracting(set)
      second.sourcePorts[hop] = given.sourcePorts(hop).intersection(set)
    case .application(let hop, let names):
      first.applications[hop] = given.applications[hop]?.subtracting(names)
      second.applications[hop] = given.applications[hop]?.intersection(names)
    case .category(let hop, let names):
      first.categories[hop] = given.categories[hop]?.subtracting(names)
      second.categories[hop] = given.categories[hop]?.intersection(names)
    }
    return [first, second]
  }
}
