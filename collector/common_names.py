"""Words that people also use as names: a member who is called one of them cannot be found by it in running text."""

_WORDS = """
自己 大家 我们 你们 他们 她们 别人 有人 没人 人家 朋友 同学 老师 医生 妈妈 爸爸 妈咪 姐姐 妹妹 哥哥 弟弟 宝宝 宝贝
老婆 老公 孩子 先生 女士 小姐 男生 女生 女孩 男孩 少年 少女 大叔 阿姨 路人 游客 网友 用户 匿名 某人 陌生人 无名 无名氏
普通人 废物 废人 垃圾 笨蛋 管理员 群主 客服 机器人 官方 频道 群组 成员 今天 明天 昨天 现在 以后 以前 永远 一直 后来
曾经 早安 晚安 早上 晚上 凌晨 半夜 中午 下午 周末 春天 夏天 秋天 冬天 太阳 月亮 星星 天空 大海 白云 下雨 小雨 大雨
下雪 彩虹 阳光 黑夜 黑暗 光明 希望 绝望 快乐 开心 难过 伤心 孤独 寂寞 痛苦 抑郁 焦虑 崩溃 痛快 幸福 自由 平静 安静
温柔 可爱 美好 勇敢 坚强 加油 努力 奋斗 活着 死亡 生命 生活 人生 世界 未来 过去 时间 梦想 梦境 回忆 故事 爱情 友情
家人 喜欢 讨厌 爱你 想你 谢谢 感谢 对不起 抱歉 没事 没关系 你好 您好 再见 拜拜 哈哈 哈哈哈 嘿嘿 呵呵 嘻嘻 呜呜 嗯嗯
好的 可以 不要 不是 就是 真的 假的 什么 怎么 为什么 知道 不知道 没有 如果 因为 所以 但是 可能 应该 随便 随缘 无所谓
算了 好累 好困 睡觉 睡着 失眠 吃饭 吃药 喝水 上班 上学 学习 工作 考试 作业 学校 公司 医院 北京 上海 广州 深圳 中国
日本 美国 台湾 香港 手机 电脑 电话 微信 消息 图片 视频 音乐 电影 游戏 猫咪 小猫 小狗 狗狗 咖啡 奶茶 苹果 西瓜 草莓
蛋糕 面包 米饭 一个 一下 一点 这里 那里 这个 那个 东西 问题 事情 时候 地方 身体 心情 眼泪 微笑 拥抱 沉默 声音 远方
回家 出去 离开 消失 不见 等待 you me he she it we they the and not none null unknown user users admin administrator
bot anonymous anon guest someone nobody somebody everyone anyone deleted account test hello world hi hey ok okay yes
no love life death dead alive die happy sad sorry thanks thank good bad night morning day today tomorrow home work
school time sleep dream hope rain snow sun moon star sky sea cat dog boy girl man men woman baby friend friends mom
dad god king queen angel devil ghost one two three lol haha linux windows mac apple google python java ubuntu new old
big small true false real here there this that what why how who for with from have has had can could will would should
may might must are was were been being do does did done but or if as at by in into of off on onto out over to under up
about after again all also always any another ask away back because before best better both call came come each even
ever every few find first get give go going gone got great hand help her him his its just keep know large last leave
left less let like little long look lot made make many more most much my need never next nothing now often once only
open other our own part people place play please point put quite rather read right run said same saw say see seem set
show side since so some something soon still stop such sure take tell than their them then these thing things think
those though through too took try turn use used using very want way well went when where which while whole without
word write wrong year your server client root gmail email mail chat group channel message messages file files game
games music video movie book books news web site page phone number name names note blue red green black white june
april august summer winter autumn spring
"""
COMMON_NAMES = frozenset(_WORDS.split())
