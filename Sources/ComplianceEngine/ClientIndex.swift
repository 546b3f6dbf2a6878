import NetworkSets

/// The client addresses of a path in the order of their numbers, so that a source list finds those
/// that it holds without asking about each.
struct ClientIndex {
  struct Answer {
    /// Places in the list of clients.
    let yes: AtomSet
    let perhaps: AtomSet
  }

  private let clients: [IPAddress]
  private let v4: [(address: UInt32, place: Int)]
  private let v6: [(address: UInt128, place: Int)]

  init(_ clients: [IPAddress]) {
    self.clients = clients
    var v4: [(address: UInt32, place: Int)] = []
    var v6: [(address: UInt128, place: Int)] = []
    for (place, client) in clients.enumerated() {
      switch client {
      case .v4(let address): v4.append((address, place))
      case .v6(let address): v6.append((address, place))
      }
    }
    self.v4 = v4.sorted { $0.address < $1.address }
    self.v6 = v6.sorted { $0.address < $1.address }
  }

  func answer(_ list: CompiledEndpoints, tagTable: [String: AddressSet]) -> Answer {
    var yes = AtomSet(count: clients.count)
    var perhaps = yes
    guard list.isMadeOfAddresses else {
      for (place, client) in clients.enumerated() {
        switch list.truth(forClient: client, tagTable: tagTable) {
        case .yes: yes.insert(place)
        case .perhaps: perhaps.insert(place)
        case .no: break
        }
      }
      return Answer(yes: yes, perhaps: perhaps)
    }
    Self.find(list.addresses.v4, in: v4, &yes)
    Self.find(list.addresses.v6, in: v6, &yes)
    if list.negated { yes = AtomSet(count: clients.count, full: true).subtracting(yes) }
    return Answer(yes: yes, perhaps: perhaps)
  }

  private static func find<Value>(
    _ set: IntervalSet<Value>, in clients: [(address: Value, place: Int)], _ found: inout AtomSet
  ) {
    for interval in set.intervals {
      var low = 0
      var high = clients.count
      while low < high {
        let middle = (low + high) / 2
        if clients[middle].address < interval.lower { low = middle + 1 } else { high = middle }
      }
      while low < clients.count, clients[low].address <= interval.upper {
        found.insert(clients[low].place)
        low += 1
      }
    }
  }
}
