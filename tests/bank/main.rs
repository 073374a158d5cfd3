//! The core path in a bank: real signatures, blockhashes and rent, the runtime's own checks of accounts.
//!
//! LiteSVM runs everything else here; this shows that nothing depends on what it leaves out.

use std::path::PathBuf;

use anchor_lang::AnchorDeserialize;
use anchor_lang::prelude::system_program;
use anchor_lang::solana_program::bpf_loader_upgradeable;
use bulkhead::error::BulkheadError;
use bulkhead::instructions::{
    CreateMarketArgs, DepositArgs, ExecuteOrderArgs, InitializeProtocolArgs, PlaceOpeningOrderArgs,
    PlaceOrderArgs, PositionHealth,
};
use bulkhead::state::{Cluster, Market, Order, OrderAction, OrderKind, Position, PositionSide};
use bulkhead_client::{ID, MarketKeys, accounts, ix, pda};
use bulkhead_lab::world::{PriceUpdate, defaults};
use solana_account::{Account, AccountSharedData};
use solana_clock::Clock;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_program_test::{BanksClientError, ProgramTest, ProgramTestContext};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::{InstructionError, Transaction, TransactionError};
use spl_token_interface::instruction as token;

const SOL: u64 = 1_000_000_000;
const USD: u64 = defaults::QUOTE_UNIT;
const BTC: u64 = defaults::BASE_UNIT;
const PRICE_E8: u64 = defaults::START_PRICE_E8;
const MINT_LEN: u64 = 82;
const TOKEN_ACCOUNT_LEN: u64 = 165;

/// Program and program data as the loader keeps them, with `authority` to upgrade.
fn deployed(authority: Pubkey) -> [(Pubkey, Account); 2] {
    let built = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/deploy/bulkhead.so");
    let file = std::env::var_os("BULKHEAD_SO").map_or_else(built, PathBuf::from);
    let elf = std::fs::read(&file).expect("run `cargo xtask build`");
    // UpgradeableLoaderState: tag 2 is a program, 3 its data: slot, Some(authority), and the ELF.
    let mut program = 2_u32.to_le_bytes().to_vec();
    program.extend_from_slice(pda::program_data().as_ref());
    let mut data = 3_u32.to_le_bytes().to_vec();
    data.extend_from_slice(&0_u64.to_le_bytes());
    data.push(1);
    data.extend_from_slice(authority.as_ref());
    data.extend_from_slice(&elf);
    let account = |data, executable| Account {
        lamports: 1_000 * SOL,
        data,
        owner: bpf_loader_upgradeable::ID,
        executable,
        rent_epoch: u64::MAX,
    };
    [(ID, account(program, true)), (pda::program_data(), account(data, false))]
}

struct Bank {
    context: ProgramTestContext,
    admin: Keypair,
    keys: MarketKeys,
    feed_id: [u8; 32],
    oracle_program: Pubkey,
}

impl Bank {
    /// The protocol with one market, all by signed transactions.
    async fn new() -> Self {
        let admin = Keypair::new();
        let mut test = ProgramTest::default();
        test.prefer_bpf(true);
        for (address, account) in deployed(admin.pubkey()) {
            test.add_genesis_account(address, account);
        }
        let wallet = Account { lamports: 1_000 * SOL, owner: system_program::ID, ..Account::default() };
        test.add_account(admin.pubkey(), wallet);
        let context = test.start_with_context().await;
        let nobody = Pubkey::default();
        let keys = MarketKeys {
            market: pda::market(0),
            price: nobody,
            collateral_price: None,
            collateral_mint: nobody,
            token_program: spl_token_interface::ID,
        };
        let mut bank = Self { context, admin, keys, feed_id: [0; 32], oracle_program: nobody };
        bank.set_time(defaults::START_SECS).await;
        bank.create_market().await;
        bank
    }

    async fn create_market(&mut self) {
        let admin = self.admin.insecure_clone();
        let args = InitializeProtocolArgs {
            cluster: Cluster::Mainnet,
            timelock_secs: 86_400,
            guardian: admin.pubkey(),
            fee_receiver: admin.pubkey(),
        };
        self.send(&[ix::initialize_protocol(admin.pubkey(), args)], &[&admin]).await.expect("protocol");
        let authority = admin.pubkey();
        let initialize = |mint| {
            token::initialize_mint2(&spl_token_interface::ID, &mint, &authority, None, 6).expect("a mint")
        };
        let mint = self.create(MINT_LEN, initialize).await;
        let args = CreateMarketArgs {
            index: 0,
            oracle: defaults::oracle(),
            params: defaults::params(),
            collateral_oracle: None,
        };
        let create = ix::create_market(admin.pubkey(), mint, spl_token_interface::ID, args);
        self.send(&[create], &[&admin]).await.expect("market");
        let market: Market = self.read(pda::market(0)).await;
        self.keys = MarketKeys::of(pda::market(0), &market);
        (self.feed_id, self.oracle_program) = (market.oracle.feed_id, market.oracle.program);
        self.write_price(PRICE_E8, defaults::START_SECS);
        self.send(&[ix::update_market(&self.keys)], &[]).await.expect("first price");
    }

    /// Sends with the signatures of `signers`; the bank's own payer pays the fee.
    async fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<(), BanksClientError> {
        let blockhash = self.context.get_new_latest_blockhash().await.expect("a blockhash");
        let payer = &self.context.payer;
        let mut all = vec![payer];
        all.extend_from_slice(signers);
        let transaction =
            Transaction::new_signed_with_payer(instructions, Some(&payer.pubkey()), &all, blockhash);
        self.context.banks_client.process_transaction(transaction).await
    }

    /// The program refused with `code`.
    async fn refused(&mut self, instruction: Instruction, signers: &[&Keypair], code: u32) {
        let outcome = self.send(&[instruction], signers).await;
        let expected = TransactionError::InstructionError(0, InstructionError::Custom(code));
        assert_eq!(outcome.expect_err("should have failed").unwrap(), expected);
    }

    async fn account(&mut self, address: Pubkey) -> Option<Account> {
        self.context.banks_client.get_account(address).await.expect("the bank answers")
    }

    async fn read<T: accounts::Account>(&mut self, address: Pubkey) -> T {
        let account = self.account(address).await.expect("an account");
        accounts::decode_owned(&account.owner, &account.data).expect("an account of the program")
    }

    async fn tokens(&mut self, address: Pubkey) -> u64 {
        let account = self.account(address).await.expect("a token account");
        u64::from_le_bytes(account.data[64..72].try_into().expect("eight bytes"))
    }

    /// A new account of the token program, initialised by the instruction that `initialize` makes of its
    /// address.
    async fn create(&mut self, len: u64, initialize: impl FnOnce(Pubkey) -> Instruction) -> Pubkey {
        let account = Keypair::new();
        let rent = self.context.banks_client.get_rent().await.expect("rent");
        let lamports = rent.minimum_balance(len as usize);
        let payer = self.context.payer.pubkey();
        // SystemInstruction::CreateAccount: tag 0, lamports, space, owner.
        let mut data = 0_u32.to_le_bytes().to_vec();
        data.extend_from_slice(&lamports.to_le_bytes());
        data.extend_from_slice(&len.to_le_bytes());
        data.extend_from_slice(spl_token_interface::ID.as_ref());
        let metas = vec![AccountMeta::new(payer, true), AccountMeta::new(account.pubkey(), true)];
        let create = Instruction { program_id: system_program::ID, accounts: metas, data };
        let initialize = initialize(account.pubkey());
        self.send(&[create, initialize], &[&account]).await.expect("an account of the token program");
        account.pubkey()
    }

    /// Somebody with lamports and a token account that holds `amount`.
    async fn actor(&mut self, amount: u64) -> (Keypair, Pubkey) {
        let actor = Keypair::new();
        let wallet = Account { lamports: 100 * SOL, owner: system_program::ID, ..Account::default() };
        self.context.set_account(&actor.pubkey(), &AccountSharedData::from(wallet));
        let tokens = self.token_account(self.keys.collateral_mint, actor.pubkey()).await;
        let admin = self.admin.insecure_clone();
        let mint = &self.keys.collateral_mint;
        let give = token::mint_to(&spl_token_interface::ID, mint, &tokens, &admin.pubkey(), &[], amount);
        self.send(&[give.expect("an instruction")], &[&admin]).await.expect("tokens");
        (actor, tokens)
    }

    async fn token_account(&mut self, mint: Pubkey, owner: Pubkey) -> Pubkey {
        let initialize = |account| {
            token::initialize_account3(&spl_token_interface::ID, &account, &mint, &owner).expect("an account")
        };
        self.create(TOKEN_ACCOUNT_LEN, initialize).await
    }

    async fn set_time(&mut self, unix_timestamp: i64) {
        let clock = self.clock().await;
        self.context.set_sysvar(&Clock { unix_timestamp, ..clock });
    }

    async fn clock(&mut self) -> Clock {
        self.context.banks_client.get_sysvar::<Clock>().await.expect("the clock")
    }

    /// Lets time and slots pass and publishes a price at the end. The clock is set and no bank is frozen:
    /// the thread that ticks in the background does not survive that.
    async fn move_price(&mut self, price_e8: u64, secs: i64) {
        let clock = self.clock().await;
        let unix_timestamp = clock.unix_timestamp + secs;
        self.context.set_sysvar(&Clock { unix_timestamp, slot: clock.slot + 10, ..clock });
        self.write_price(price_e8, unix_timestamp);
    }

    fn write_price(&mut self, price_e8: u64, publish_time: i64) {
        let data = PriceUpdate::at(price_e8, publish_time).to_bytes(self.feed_id, 0);
        let account = Account { lamports: SOL, data, owner: self.oracle_program, ..Account::default() };
        self.context.set_account(&self.keys.price, &AccountSharedData::from(account));
    }
}

/// A trader with a position of one bitcoin on a leverage of twelve.
struct Trader {
    key: Keypair,
    tokens: Pubkey,
    position: Pubkey,
}

impl Bank {
    async fn deposit(&mut self, amount_atoms: u64) {
        let (lp, tokens) = self.actor(amount_atoms).await;
        let shares = self.token_account(pda::lp_mint(&self.keys.market), lp.pubkey()).await;
        let args = DepositArgs { amount_atoms, shares_min: 1 };
        let deposit = ix::deposit(&self.keys, lp.pubkey(), tokens, shares, args);
        self.send(&[deposit], &[&lp]).await.expect("deposit");
        assert_eq!(self.tokens(shares).await, amount_atoms - 1_000_000);
    }

    async fn open(&mut self) -> Trader {
        let (key, tokens) = self.actor(10_000 * USD).await;
        let args = PlaceOpeningOrderArgs {
            position_id: 0,
            side: PositionSide::Long,
            collateral_atoms: 5_000 * USD,
            kind: OrderKind::Market,
            size_atoms: BTC,
            acceptable_price_e12: u64::MAX,
            payout_cap_ppm: 1_000_000,
            tip_lamports: 10_000,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let place = ix::place_opening_order(&self.keys, key.pubkey(), key.pubkey(), tokens, args);
        let mut unsigned = place.clone();
        unsigned.accounts[0].is_signer = false;
        unsigned.accounts[1] = AccountMeta::new(self.context.payer.pubkey(), true);
        self.refused(unsigned, &[], ACCOUNT_NOT_SIGNER).await;
        self.send(&[place], &[&key]).await.expect("place");
        let position = pda::position(&self.keys.market, &key.pubkey(), 0);
        let trader = Trader { key, tokens, position };
        self.move_price(PRICE_E8, 5).await;
        self.execute(&trader, 0).await;
        trader
    }

    async fn execute(&mut self, trader: &Trader, order_id: u32) {
        let order: Order = self.read(pda::order(&trader.position, order_id)).await;
        let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: 10_000 };
        let executor = self.context.payer.pubkey();
        let owner = trader.key.pubkey();
        let execute = ix::execute_order(&self.keys, executor, trader.position, order_id, owner, args);
        self.send(&[execute], &[]).await.expect("execute");
    }

    async fn close(&mut self, trader: &Trader) {
        let position: Position = self.read(trader.position).await;
        let args = PlaceOrderArgs {
            order_id: position.next_order_id,
            action: OrderAction::Decrease,
            kind: OrderKind::Market,
            size_atoms: u64::MAX,
            acceptable_price_e12: 0,
            payout_cap_ppm: 0,
            tip_lamports: 10_000,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let owner = trader.key.pubkey();
        let place = ix::place_order(&self.keys, owner, owner, trader.position, args);
        self.send(&[place], &[&trader.key]).await.expect("place");
        self.move_price(PRICE_E8 * 97 / 100, 5).await;
        self.execute(trader, args.order_id).await;
        let close = ix::close_position(&self.keys, owner, trader.position, trader.tokens);
        self.send(&[close], &[&trader.key]).await.expect("close");
    }
}

/// Anchor's error for an account that should have signed.
const ACCOUNT_NOT_SIGNER: u32 = 3010;

#[tokio::test(flavor = "multi_thread")]
async fn core_path_ok_in_a_bank() {
    let mut bank = Bank::new().await;
    bank.deposit(1_000_000 * USD).await;
    let trader = bank.open().await;
    let keys = bank.keys;
    let opened: Position = bank.read(trader.position).await;
    assert_eq!((opened.size_atoms, opened.status), (BTC, 1));

    bank.move_price(PRICE_E8 * 96 / 100, 60).await;
    let keeping = [
        ix::update_market(&keys),
        ix::refresh_position(&keys, trader.position),
        ix::flag(&keys, &[trader.position]),
    ];
    bank.send(&keeping, &[]).await.expect("update, refresh, flag");
    let sighted: Position = bank.read(trader.position).await;
    assert_ne!(sighted.below_since, 0, "a fall of 4 % takes it below its maintenance margin");

    bank.move_price(PRICE_E8 * 96 / 100, 3).await;
    let (keeper, keeper_tokens) = bank.actor(0).await;
    let liquidate = ix::liquidate(&keys, keeper.pubkey(), keeper_tokens, trader.position);
    bank.send(&[liquidate], &[&keeper]).await.expect("liquidate");
    let left: Position = bank.read(trader.position).await;
    assert!(left.size_atoms > 0 && left.size_atoms < BTC, "liquidated in part: {} left", left.size_atoms);
    let keeper_pay = bank.tokens(keeper_tokens).await;
    let insurance = bank.tokens(pda::insurance_vault(&keys.market)).await;
    assert!(keeper_pay > 0 && insurance > 0);

    bank.close(&trader).await;
    assert!(bank.account(trader.position).await.is_none(), "the position is gone");
    assert!(bank.account(pda::vault(&trader.position)).await.is_none(), "and its vault");
    let returned = bank.tokens(trader.tokens).await;
    let pool = bank.tokens(pda::pool_vault(&keys.market)).await;
    let all = 1_010_000 * USD;
    assert_eq!(returned + pool + insurance + keeper_pay, all, "every token is somewhere");
    let market: Market = bank.read(keys.market).await;
    let booked = market.pool_atoms + market.protocol_fees_atoms + market.crank_budget_atoms;
    assert_eq!((pool, insurance), (booked, market.insurance_atoms));
    assert_eq!((market.long.positions, market.long.reserved_atoms), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn view_ok_and_what_the_bank_itself_refuses() {
    let mut bank = Bank::new().await;
    bank.deposit(1_000_000 * USD).await;
    let trader = bank.open().await;
    let view = ix::view_position(&bank.keys, trader.position);
    let payer = bank.context.payer.insecure_clone();
    let blockhash = bank.context.get_new_latest_blockhash().await.expect("a blockhash");
    let transaction = Transaction::new_signed_with_payer(
        std::slice::from_ref(&view),
        Some(&payer.pubkey()),
        &[&payer],
        blockhash,
    );
    let simulated = bank.context.banks_client.simulate_transaction(transaction.clone()).await;
    let details = simulated.expect("the bank answers").simulation_details.expect("details");
    let data = details.return_data.expect("the view answers").data;
    let health = PositionHealth::try_from_slice(&data).expect("a health");
    assert_eq!((health.price_e12, health.liquidatable), (PRICE_E8 * 10_000, None));

    // A signature over other bytes, and a blockhash that no bank has seen.
    let mut forged = transaction.clone();
    forged.signatures[0] = payer.sign_message(b"other bytes");
    let outcome = bank.context.banks_client.process_transaction(forged).await;
    assert_eq!(outcome.expect_err("forged").unwrap(), TransactionError::SignatureFailure);
    let unknown = Default::default();
    let stale = Transaction::new_signed_with_payer(&[view], Some(&payer.pubkey()), &[&payer], unknown);
    let outcome = bank.context.banks_client.process_transaction_with_metadata(stale).await;
    assert_eq!(outcome.expect("the bank answers").result, Err(TransactionError::BlockhashNotFound));

    // The price account is the receiver's alone: nobody can hand the program another.
    let mut other = ix::update_market(&bank.keys);
    other.accounts[1].pubkey = trader.tokens;
    bank.refused(other, &[], BulkheadError::OracleAccountMismatch.into()).await;
}
